"""Adds the News desk to Airflow: one page in the API server, one entry in the navigation."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class NewsDeskPlugin(AirflowPlugin):
    """The page opens in a tab of its own: Airflow's frame for plugins lets no link out (its sandbox bars popups)."""

    name = "news_desk"
    # Relative to Airflow's base address, so that it is right behind a path prefix too.
    external_views = [  # noqa: RUF012 - Airflow's own declaration
        {
            "name": "News desk",
            "href": "news-desk/",
            "destination": "nav",
            "icon": "news-desk/icon.svg",
            "icon_dark_mode": "news-desk/icon-dark.svg",
        }
    ]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Asked for by the API server alone: workers and the DAG processor never import the page."""
        from news_desk.app import app

        return [{"app": app, "url_prefix": "/news-desk", "name": "News desk"}]
