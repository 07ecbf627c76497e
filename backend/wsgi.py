"""The application for any WSGI server, on the settings of the environment. The only work at import time."""

from backend.app import create_app
from mailnode.settings import Settings

app = create_app(Settings.load())
