"""Floor 4: settings, addresses, the HTTP edge, dashboards, and the processes of the portal."""

from mpp_portal.celery import app as celery_app

__all__ = ["celery_app"]
