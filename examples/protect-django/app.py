"""A back end in Django REST framework that is protected by Portero. Start it with `gunicorn app:application`."""

import os
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="this example signs nothing",  # noqa: S106
    ALLOWED_HOSTS=["localhost", "127.0.0.1", "testserver"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
)
django.setup()

from django.core.handlers.wsgi import WSGIHandler
from django.urls import URLPattern, path
from rest_framework.decorators import api_view, authentication_classes
from rest_framework.request import Request
from rest_framework.response import Response

from portero_client.django import protect
from portero_client.verify import Verifier


def routes(verifier: Verifier) -> tuple[URLPattern, ...]:
    """Return the routes of the back end."""

    @api_view(["GET"])
    @authentication_classes([protect(verifier)])
    def list_orders(request: Request) -> Response:
        return Response({"user": request.user.id, "orders": []})

    @api_view(["POST"])
    @authentication_classes([protect(verifier, max_age=600)])
    def pay(request: Request) -> Response:
        return Response({"paid_by": request.user.id})

    @api_view(["GET"])
    @authentication_classes([protect(verifier, roles=["admin"], acr="aal2")])
    def show_reports(request: Request) -> Response:
        return Response({"read_by": request.user.id})

    return path("orders", list_orders), path("payments", pay), path("reports", show_reports)


urlpatterns = routes(Verifier(os.environ.get("PORTERO", "http://localhost:8000")))
application: Any = WSGIHandler()
