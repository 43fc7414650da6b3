"""Pictures of records; nothing here reads the engine."""
