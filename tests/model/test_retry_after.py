"""How long a server asks to wait: every known way, and texts that ask for nothing."""

from datetime import UTC, datetime

import pytest

from selfinstruct.model.retry_after import retry_after

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("-3", 0),
        ("2s", 2),
        ("500ms", 0.5),
        ("1m30s", 90),
        ("2 minutes", 120),
        ("1h", 3600),
        ("1 day", 86400),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30),
        ("Thu, 01 Jan 2026 12:00:30 -0000", 30),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
        ("2026-01-01T12:00:07Z", 7),
        ("2026-01-01T13:00:07+01:00", 7),
        ("2026-01-01T12:00:07", 7),
        (f"{EPOCH + 9}", 9),
        (f"{(EPOCH + 9) * 1000}", 9),
        ("soon", None),
        ("2 parsecs", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_a_retry_after_is_a_number_a_span_or_a_moment(value, seconds):
    assert retry_after({"retry-after": value}, "", NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"x-ratelimit-reset-requests": "3s", "x-ratelimit-remaining-requests": "0"}, 3),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "0"}, 360),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "17"}, None),
        ({"x-ratelimit-reset-tokens": "6m0s"}, None),
        ({"x-ratelimit-reset": f"{(EPOCH + 5) * 1000}", "x-ratelimit-remaining": "0"}, 5),
        (
            {
                "x-ratelimit-reset-requests": "3s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-tokens": "8s",
                "x-ratelimit-remaining-tokens": "0",
            },
            8,
        ),
        (
            {
                "anthropic-ratelimit-tokens-reset": "2026-01-01T12:00:11Z",
                "anthropic-ratelimit-tokens-remaining": "0",
            },
            11,
        ),
        ({"retry-after": "1", "x-ratelimit-reset-requests": "3s", "x-ratelimit-remaining-requests": "0"}, 1),
        ({"x-ratelimit-reset-requests": "soon", "x-ratelimit-remaining-requests": "0"}, None),
    ],
    ids=str,
)
def test_a_wait_is_found_in_the_headers(headers, seconds):
    assert retry_after(headers, "", NOW) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("No deployments available for selected model, Try again in 30 seconds.", 30),
        ("Please retry after 20s", 20),
        ("Rate limit reached. Limit: 3 / min. Please try again in 20s. Contact us.", 20),
        ("try again in 1m30s.", 90),
        ("Please try again in 120ms.", 0.12),
        ("Please wait at least 5 minutes", 300),
        ("The limit resets in 2 hours", 7200),
        ('"details": [{"@type": "…RetryInfo", "retryDelay": "7s"}]', 7),
        ("{'retryDelay': '7.5s'}", 7.5),
        ("Please try again later. At most 60 requests per 60 seconds.", None),
        ("Try again.", None),
        ("too much", None),
    ],
)
def test_a_wait_is_found_in_what_was_said(text, seconds):
    assert retry_after({}, text, NOW) == seconds


def test_a_wait_in_milliseconds_is_a_part_of_a_second():
    assert retry_after({"retry-after": "500ms"}, "", datetime.now(UTC)) == pytest.approx(0.5)
