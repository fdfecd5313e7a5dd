"""Where Airflow and Newswire meet: settings from variables and connections, and the trigger form."""
