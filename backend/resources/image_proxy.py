"""The image proxy: what mail points to is fetched by us, so that no tracker sees the reader."""

from __future__ import annotations

from flask import Response

from backend import downloads, pictures
from backend.access import signed_in
from backend.extensions import limiter
from backend.routes import Blueprint
from backend.schemas.image_proxy import ImageQuery

bp = Blueprint("image_proxy", __name__, url_prefix="/image-proxy", description="Pictures of mail, without trackers")


@bp.get("")
@signed_in
@limiter.limit("600 per minute")
@bp.arguments(ImageQuery, location="query")
@bp.response(200, content_type="image/png")
def show_picture(query: dict[str, str]) -> Response:
    """A raster picture of a public web server, without cookies and referrer."""
    picture = pictures.fetch(query["url"])
    return downloads.download(picture.data, picture.type, "picture", inline=True)
