"""The iDRAC's own recurring update from a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.idrac.arguments import Share
    from dsm.models import DellUpdateSchedule
    from dsm.results import Plan, ScheduleSet, Weekday


class UpdateSchedule(Area):
    """The iDRAC's own recurring update. An iDRAC keeps one schedule, and carries it out without anybody asking."""

    __slots__ = ()

    def fetch(self) -> DellUpdateSchedule | None:
        """Reads the schedule; none where there is none. Raises `UnsupportedError` on iDRAC7 and 8."""
        return self._run("update_schedule.fetch")

    def fetch_async(self) -> asyncio.Future[DellUpdateSchedule | None]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("update_schedule.fetch")

    def set(
        self,
        share: Share,
        time: str,
        *,
        day_of_week: Weekday | Literal["*"] = "*",
        day_of_month: int | Literal["*"] = "*",
        week_of_month: int | Literal["L", "*"] = "*",
        repeat: int,
        reboot: bool,
        catalog_file: str | None = None,
        replace: bool = False,
        enable: bool = False,
    ) -> ScheduleSet:
        """Sets the schedule and reads it back. From then on the iDRAC installs whatever the repository has newer.

        `share` names the folder with the catalogue, `catalog_file` the catalogue where it is not `Catalog.xml`. `time`
        is `hh:mm` by the iDRAC's clock, every day unless said: on a day of the week, on one of the month (1 to 28), or
        on a day of one week of the month (1 to 4, `L` for the last). `repeat` is how many times, 1 to 366. `reboot`
        lets the iDRAC restart the host for what needs it. `replace` ends another schedule before, `enable` switches
        automatic updates on where they are off.

        Raises `InvalidInputError` for a schedule that no iDRAC takes, before anything is sent; `ConflictError` when
        there is another or automatic updates are off; `ServerError` when it does not show; and as `fetch`.
        """
        return self._run(
            "update_schedule.set",
            share=share,
            time=time,
            day_of_week=day_of_week,
            day_of_month=str(day_of_month),
            week_of_month=str(week_of_month),
            repeat=repeat,
            reboot=reboot,
            catalog_file=catalog_file,
            replace=replace,
            enable=enable,
        )

    def set_async(
        self,
        share: Share,
        time: str,
        *,
        day_of_week: Weekday | Literal["*"] = "*",
        day_of_month: int | Literal["*"] = "*",
        week_of_month: int | Literal["L", "*"] = "*",
        repeat: int,
        reboot: bool,
        catalog_file: str | None = None,
        replace: bool = False,
        enable: bool = False,
    ) -> asyncio.Future[ScheduleSet]:
        """As `set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "update_schedule.set",
            share=share,
            time=time,
            day_of_week=day_of_week,
            day_of_month=str(day_of_month),
            week_of_month=str(week_of_month),
            repeat=repeat,
            reboot=reboot,
            catalog_file=catalog_file,
            replace=replace,
            enable=enable,
        )

    def plan_set(
        self,
        share: Share,
        time: str,
        *,
        day_of_week: Weekday | Literal["*"] = "*",
        day_of_month: int | Literal["*"] = "*",
        week_of_month: int | Literal["L", "*"] = "*",
        repeat: int,
        reboot: bool,
        catalog_file: str | None = None,
        replace: bool = False,
        enable: bool = False,
    ) -> Plan:
        """Says what `set` would send: nothing where the schedule is in force. Raises as `set` before that sends."""
        return self._run(
            "update_schedule.plan_set",
            share=share,
            time=time,
            day_of_week=day_of_week,
            day_of_month=str(day_of_month),
            week_of_month=str(week_of_month),
            repeat=repeat,
            reboot=reboot,
            catalog_file=catalog_file,
            replace=replace,
            enable=enable,
        )

    def plan_set_async(
        self,
        share: Share,
        time: str,
        *,
        day_of_week: Weekday | Literal["*"] = "*",
        day_of_month: int | Literal["*"] = "*",
        week_of_month: int | Literal["L", "*"] = "*",
        repeat: int,
        reboot: bool,
        catalog_file: str | None = None,
        replace: bool = False,
        enable: bool = False,
    ) -> asyncio.Future[Plan]:
        """As `plan_set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "update_schedule.plan_set",
            share=share,
            time=time,
            day_of_week=day_of_week,
            day_of_month=str(day_of_month),
            week_of_month=str(week_of_month),
            repeat=repeat,
            reboot=reboot,
            catalog_file=catalog_file,
            replace=replace,
            enable=enable,
        )

    def clear(self) -> bool:
        """Ends the schedule; says whether there was one. What was staged already stays. Raises as `fetch`."""
        return self._run("update_schedule.clear")

    def clear_async(self) -> asyncio.Future[bool]:
        """As `clear`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("update_schedule.clear")
