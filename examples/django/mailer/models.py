"""What is in the database."""

import uuid

from django.db import models


class Outbox(models.Model):
    """A job that is to be enqueued once its transaction has committed."""

    position = models.BigAutoField(primary_key=True)
    job = models.UUIDField(default=uuid.uuid4)
    queue = models.TextField()
    payload = models.JSONField()


class User(models.Model):
    """Somebody who has signed up."""

    address = models.TextField(primary_key=True)


class Sent(models.Model):
    """A mail that was sent."""

    job = models.TextField()
    address = models.TextField()
