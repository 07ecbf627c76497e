"""A user hands us a message: the doors on 587 and 465, and what the API's send goes through."""
