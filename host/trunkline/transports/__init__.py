"""Ways to reach a device: each carries bytes and knows nothing of what they mean."""

from trunkline.transports.base import Transport

__all__ = ["Transport"]
