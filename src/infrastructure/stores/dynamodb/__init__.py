"""The store for DynamoDB, on boto3."""

from src.infrastructure.stores.dynamodb.store import DynamoStore

__all__ = ["DynamoStore"]
