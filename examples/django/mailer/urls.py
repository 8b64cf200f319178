"""The one view: somebody signs up, and gets a mail."""

import json

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .models import User
from .outbox import enqueue


@csrf_exempt
@require_POST
def sign_up(request: HttpRequest) -> HttpResponse:
    address = json.loads(request.body)["address"]
    try:
        with transaction.atomic():
            enqueue("mail", {"to": address})
            User.objects.create(address=address)
    except IntegrityError:
        return HttpResponse(f"{address} has signed up before", status=409)
    return HttpResponse(status=201)


urlpatterns = [path("users", sign_up)]
