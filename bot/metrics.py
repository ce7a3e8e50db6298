"""Figures for Prometheus: what came in and was refused, how long things wait, whether what must happen happens."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.store.memory import Figures


class Metrics:
    """One registry for each bot: nothing is counted globally."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._deliveries = Counter(
            "archway_deliveries", "Deliveries by route and HTTP status.", ["route", "status"], registry=self.registry
        )
        self._unsigned = Counter(
            "archway_signature_failures", "Deliveries that nobody vouches for.", ["route"], registry=self.registry
        )
        self._too_fast = Counter(
            "archway_rate_limited",
            "Posts for which a platform asked for patience (429).",
            ["platform"],
            registry=self.registry,
        )
        gauge = self._gauge
        self._inbox_waiting = gauge("archway_inbox_waiting", "Recorded deliveries that are not handled yet.")
        self._inbox_lag = gauge("archway_inbox_lag_seconds", "Age of the oldest of them.")
        self._inbox_set_aside = gauge("archway_inbox_set_aside", "Recorded deliveries that failed again and again.")
        self._outbox_waiting = gauge("archway_outbox_waiting", "Posts and updates to be made.", "platform")
        self._outbox_oldest = gauge("archway_outbox_oldest_seconds", "Age of the oldest of them.", "platform")
        self._set_aside = gauge("archway_outbox_set_aside", "Posts that a platform does not take.")
        self._timers_overdue = gauge("archway_timers_overdue", "Timers that are due and not done.")
        self._timer_lateness = gauge("archway_timer_lateness_seconds", "How late the oldest of them is.")
        self._timers_failing = gauge("archway_timers_failing", "Timers whose effect fails and is tried again.")
        self._audit = gauge("archway_audit_sequence", "Number of the newest audit entry.")

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self.registry)

    def delivered(self, route: str, status: int) -> None:
        """Counts the answer to a delivery."""
        self._deliveries.labels(route, str(status)).inc()
        if status == 401:
            self._unsigned.labels(route).inc()

    def too_fast(self, platform: str) -> None:
        """Counts a 429."""
        self._too_fast.labels(platform).inc()

    def text(self, figures: Figures) -> bytes:
        """All figures as Prometheus reads them."""
        self._inbox_waiting.set(figures.inbox.waiting)
        self._inbox_lag.set(figures.inbox.oldest_seconds)
        self._inbox_set_aside.set(figures.inbox.set_aside)
        for platform in ("slack", "teams"):
            self._outbox_waiting.labels(platform).set(figures.outbox.waiting.get(platform, 0))
            self._outbox_oldest.labels(platform).set(figures.outbox.oldest.get(platform, 0.0))
        self._set_aside.set(figures.outbox.set_aside)
        self._timers_overdue.set(figures.timers.overdue)
        self._timer_lateness.set(figures.timers.oldest)
        self._timers_failing.set(figures.timers.failing)
        self._audit.set(figures.audit)
        return generate_latest(self.registry)
