"""Rules of the API alone."""

from __future__ import annotations

from mailnode.errors.kinds import MailError


class Unauthorized(MailError):
    """No token, an old one, or one whose session has ended. RFC 6750 §3.1."""

    http = 401
    kind = "unauthorized"
    public = "Log in first"


class Forbidden(MailError):
    status = "5.7.1"
    http = 403
    kind = "forbidden"
    public = "You may not do this"


class CsrfFailed(MailError):
    http = 403
    kind = "csrf"
    public = "The request lacks its cross-site token; reload the page"


class NoSuchSession(MailError):
    http = 404
    kind = "no-such-session"
    public = "There is no such session"


class CaptchaFailed(MailError):
    http = 422
    kind = "captcha-failed"
    public = "The check that you are no robot has failed; try it again"


class NotConfirmed(MailError):
    http = 422
    kind = "not-confirmed"
    public = "Repeat the name to confirm"


class ImageRefused(MailError):
    http = 403
    kind = "image-refused"
    public = "This picture is not fetched"


class ImageUnavailable(MailError):
    http = 502
    kind = "image-unavailable"
    public = "The picture could not be fetched"
