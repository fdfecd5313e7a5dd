# Astro Runtime 3.3-8 is Airflow 3.3.2, which requirements.txt pins too: change both together. The plain tag runs
# Python 3.14; Newswire is locked and tested for 3.11 and 3.12. The image itself installs packages.txt and
# requirements.txt and copies the project.
FROM astrocrpublic.azurecr.io/runtime:3.3-8-python-3.12

# The library is imported as `newswire`, never as `include.newswire`.
ENV PYTHONPATH="/usr/local/airflow/include${PYTHONPATH:+:${PYTHONPATH}}"

# A named volume takes over the owner of the folder that it covers. Made by Docker itself, it would be root's.
RUN mkdir -p /usr/local/airflow/data
