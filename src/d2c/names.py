"""Names as keys of look-ups and as file names."""

import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and an accent.
_UNDECOMPOSED = str.maketrans({"ı": "i", "đ": "d", "ħ": "h", "ł": "l", "ø": "o", "œ": "oe", "æ": "ae"})


def slug(name: str) -> str:
    """Return the words of a name without case, accents and punctuation: `Valle d'Aosta` -> `valle-d-aosta`."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_UNDECOMPOSED))
    return "-".join(re.findall("[a-z0-9]+", decomposed.encode("ascii", "ignore").decode()))
