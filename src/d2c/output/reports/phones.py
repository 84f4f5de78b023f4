"""Text description of the ground end of a scenario's link: handset, losses, phones, environment, operating point."""

from collections.abc import Mapping
from typing import Any


def phones_text(link: Mapping[str, Any]) -> str:
    """Describe the mix of postures and the operating point."""
    mix = link.get("phones") or "all as the losses say"
    return f"{mix}, levels as {link.get('operating', 'filed')}"


def ground_text(link: Mapping[str, Any]) -> str:
    """Describe the phones of a scenario, from its part `link` in summary.json."""
    # folders written before runs had several phones in a cell name neither a mix nor an operating point
    parts = [f"handset {link['handset']}", f"losses {link['losses']}"]
    if link.get("phones"):
        parts.append(f"phones {link['phones']}")
    if link["environment"]:
        parts.append(link["environment"])
    own = link.get("phone_loss_db")
    parts.append(
        f"levels as {link.get('operating', 'filed')}" if own is None else f"{own:g} dB of phone loss"
    )
    return ", ".join(parts)
