"""For deployments that serve pages, admin and plain REST by WSGI workers."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")

from django.core.wsgi import get_wsgi_application

from exchange import embedded

embedded.hold()
application = get_wsgi_application()
