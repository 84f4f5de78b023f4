"""Shares as per cent."""


def percent_text(share: float, *, decimals: int = 0) -> str:
    """Format a share in per cent; "0 %" and "100 %" only for exact values, else "< 1 %" and "> 99 %"."""
    share = round(share, 9)  # removes rounding errors of summed areas
    digit = 10.0**-decimals
    text = f"{100 * share:.{decimals}f} %"
    if text == f"{0:.{decimals}f} %" and share > 0:
        return f"< {digit:.{decimals}f} %"
    if text == f"{100:.{decimals}f} %" and share < 1:
        return f"> {100 - digit:.{decimals}f} %"
    return text
