"""The desks and the administration of queues."""
