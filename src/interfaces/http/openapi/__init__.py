"""Describes the declared operations as an OpenAPI document (https://spec.openapis.org/oas/v3.1.1)."""

from src.interfaces.http.openapi.document import describe

__all__ = ["describe"]
