"""Newswire on one machine: a private AIRFLOW_HOME, the loader of airflow_settings.yaml, one run, a whole Airflow."""
