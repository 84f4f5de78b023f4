"""The printed page: no text is cut or lost, whatever its length."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from d2c.output.format.page import DPI, Page, drawing_settings, wrapped


def test_no_text_of_a_page_is_cut():
    with drawing_settings():
        page = Page(
            body=3.0, title="Many words " * 12, subtitle="More words " * 20, caption="And more. " * 60
        )
        page.figure.draw_without_rendering()
        width, height = page.figure.get_size_inches() * 150
        boxes = [text.get_window_extent() for text in page.figure.texts if text.get_text()]
    assert len(boxes) >= 6
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
    body = (page.bottom * 150, (page.bottom + 3.0) * 150)
    assert all(box.y1 <= body[0] + 1 or box.y0 >= body[1] - 1 for box in boxes)


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet="abc WMil.$\u00a0", max_size=200), st.floats(0.5, 4.0))
def test_wrapped_lines_fit_and_lose_nothing(text, width):
    lines = wrapped(text, size_pt=9.0, width=width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    figure = Figure(dpi=DPI)
    for line in lines:
        drawn = figure.text(0, 0, line, fontsize=9.0, parse_math=False)
        assert drawn.get_window_extent(dpi=DPI).width <= width * DPI + 2


def test_no_break_spaces_hold_words_together():
    """Wherever the line ends, "30 s" is never torn."""
    for width in np.linspace(0.5, 2.0, 16):
        lines = wrapped("in steps of 30\u00a0s each", size_pt=9.0, width=width)
        assert any("30\u00a0s" in line for line in lines)
