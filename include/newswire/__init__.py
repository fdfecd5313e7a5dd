"""Newswire: read news pages, account for every line of them, and write them down as datasets. Imports no Airflow."""

__version__ = "0.1.0"
