"""What each command does: ``async def name(session, command) -> Reply``. These modules do not import each other."""
