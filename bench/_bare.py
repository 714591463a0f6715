"""The floor under any Django service: a view without middleware that answers with a constant."""

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from hitl.runtime.tied import tie_worker

_ANSWER = b'{"id":"01a20729-a30e-75ca-9997-caa303d210c4","status":"decided","answer":"ham"}'


def view(request: HttpRequest) -> HttpResponse:
    """Read the body, answer with the same few bytes."""
    assert request.body is not None  # noqa: S101 - reading it is part of the floor
    return HttpResponse(_ANSWER, content_type="application/json", headers={"Content-Length": len(_ANSWER)})


urlpatterns = [re_path("", view)]
tie_worker()
settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=[], ALLOWED_HOSTS=["*"])
django.setup()
application = WSGIHandler()
