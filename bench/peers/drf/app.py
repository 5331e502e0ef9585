"""Django REST framework with simplejwt, after the "Getting started" page of its documentation, in one file.

``python app.py`` creates the tables. The file of the database is in the environment variable DATABASE.
"""

import os
import sys
from datetime import timedelta
from typing import Any

import django
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class Hasher(Argon2PasswordHasher):
    """Argon2id with the parameters that OWASP recommends."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1


# gunicorn and ``python app.py`` give this module different names.
settings.configure(
    SECRET_KEY="a secret of the benchmark, which protects nothing",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    PASSWORD_HASHERS=[f"{__name__}.Hasher"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        }
    },
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"]},
    SIMPLE_JWT={"ACCESS_TOKEN_LIFETIME": timedelta(hours=1)},
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection
from django.urls import path
from rest_framework import generics, permissions, serializers
from rest_framework_simplejwt.views import TokenObtainPairView


class UserSerializer(serializers.ModelSerializer):
    """Reads a user from the body of a request to register, and writes one into a response."""

    class Meta:
        """The fields."""

        model = User
        fields = ["id", "username", "email", "password"]
        extra_kwargs = {"password": {"write_only": True}}

    def create(self, fields: dict[str, Any]) -> User:
        """Create a user with a hashed password."""
        return User.objects.create_user(**fields)


class RegisterView(generics.CreateAPIView):
    """Create a user."""

    serializer_class = UserSerializer
    permission_classes = [permissions.AllowAny]


class UserView(generics.RetrieveAPIView):
    """Return the caller."""

    serializer_class = UserSerializer
    permission_classes = [permissions.IsAuthenticated]

    def get_object(self) -> User:
        """Return the user of the token."""
        return self.request.user


urlpatterns = [
    path("register", RegisterView.as_view()),
    path("login", TokenObtainPairView.as_view()),
    path("user", UserView.as_view()),
]
app = WSGIHandler()

if __name__ == "__main__":
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
    call_command("migrate", verbosity=0, stdout=sys.stderr)
