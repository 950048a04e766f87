"""`/sehat/`: does the portal work, and is anything left lying? For monitors and the supervisor."""

from datetime import timedelta

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifications import rules as notifications


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database answers; Redis may be away (pages poll), and is said to be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    now = timezone.now()
    due, oldest_s = notifications.backlog(now)
    parked = notifications.parked(since=now - timedelta(days=1))
    try:
        redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
        ).ping()
        redis_ok = True
    except redis.RedisError:
        redis_ok = False
    return JsonResponse(
        {
            "database": True,
            "redis": redis_ok,
            "messages_due": due,
            "oldest_due_s": oldest_s,
            "messages_parked": parked,
            "channels_in_trouble": notifications.troubled(now),
        }
    )
