"""The index that text searches are answered from.

A user's messages lie in the index in *segments*: stretches of some hundred or thousand messages, in order of their
ids, each with a vocabulary (every term that occurs, in one piece that can be looked through for a substring) and the
messages of each term. A segment is written once and never changed; a longer one takes the place of short ones.

    terms     what text is cut into, and what a sought text asks of the terms
    segment   one segment as bytes, and questions to it
    catalogue the segments of a user in the database; what the index says to a sought text
    filling   what the index worker does: which users are behind, and the next segment

What must hold: every message of a user up to the last id of the last segment is in some segment, if its row was there
when the segment was made. Ids only grow and a user's transactions are committed in their order, so whatever is behind
that id is not indexed yet, and searches scan it.
"""
