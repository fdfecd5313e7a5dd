"""The News desk: one page in Airflow that says what the newest run did, what is new and what was refused."""
