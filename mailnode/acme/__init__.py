"""Certificates by themselves: asked for, proved and renewed over ACME (RFC 8555).

`renewal` decides when, `ordering` speaks with the certificate authority through the ``acme`` package, and
`challenges` is the shelf on which the web process of any node finds the proof that the authority asks for.
"""
