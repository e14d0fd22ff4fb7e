"""Runs the published package `campuseats` as it is, with a database of its own and a few people.

The package pins a Django that needs a newer Python than some machines have; it runs on 5.2 as well.
"""

import os
import sys
from pathlib import Path

import django
from django.conf import settings

room, port = Path(sys.argv[1]), sys.argv[2]
os.environ["DJANGO_SETTINGS_MODULE"] = "campuseats.backend.settings"
settings.DATABASES["default"]["NAME"] = room / "db.sqlite3"
django.setup()

from campuseats.app.models import Courier, CourierHub, Location, MealOrder, User
from django.core.management import call_command

call_command("migrate", verbosity=0)
if not User.objects.exists():
    for name, role in (("boss", 0), ("kitchen", 1), ("student", 2), ("stranger", 2)):
        secret = os.environ[f"CAMPUS_{name.upper()}_PASSWORD"]
        User.objects.create_user(username=name, password=secret, role=role)
    places = [
        Location.objects.create(title=title, latitude=lat, longitude=lng)
        for title, lat, lng in (("Canteen", 55.75, 37.61), ("Dormitory", 55.76, 37.65))
    ]
    hub = CourierHub.objects.create(name="Gate")
    Courier.objects.create(max_weight=9, start_location=places[0], end_location=places[1], hub=hub)
    for number in range(1, 9):
        MealOrder.objects.create(
            title=f"Lunch {number}",
            weight=1,
            user=User.objects.get(username="student"),
            start_location=places[0],
            end_location=places[1],
            status=number % 3,
        )
call_command("spectacular", file=str(room / "schema.yml"))
call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, verbosity=0)
