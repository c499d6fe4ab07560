"""The console in a browser, and pictures of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.results import ConsoleLaunched, Exported, ScreenShot, VideoLog


class Console(Area):
    """The console in a browser, and pictures of the screen."""

    __slots__ = ()

    def launch(self, username: str, *, check_plugin: bool = False, set_plugin: bool = False) -> ConsoleLaunched:
        """Gets the address of the console, with temporary credentials where the iDRAC gives them.

        `username` is whose session the console shows. `check_plugin` looks whether the console is set to HTML5;
        `set_plugin` sets it so, a lasting change. Where there are no temporary credentials, `because` says why, and a
        person has to log in; that is no error.
        """
        return self._run("console.launch", username=username, check_plugin=check_plugin, set_plugin=set_plugin)

    def launch_async(
        self, username: str, *, check_plugin: bool = False, set_plugin: bool = False
    ) -> asyncio.Future[ConsoleLaunched]:
        """As `launch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("console.launch", username=username, check_plugin=check_plugin, set_plugin=set_plugin)

    def screenshot(self, which: ScreenShot = "now") -> bytes:
        """Takes a picture of the screen: PNG, or JPEG on some firmware.

        Raises `UnsupportedError` where the iDRAC offers none (7 and 8), what it says where there is no video signal
        (LC099).
        """
        return self._run("console.screenshot", which=which)

    def screenshot_async(self, which: ScreenShot = "now") -> asyncio.Future[bytes]:
        """As `screenshot`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("console.screenshot", which=which)

    def export_video(self, which: VideoLog) -> Exported:
        """Has a video of the last boots or the last crash left on the iDRAC; `idrac.logs.fetch_exported` reads it.

        Raises `UnsupportedError` where the iDRAC offers none.
        """
        return self._run("console.export_video", which=which)

    def export_video_async(self, which: VideoLog) -> asyncio.Future[Exported]:
        """As `export_video`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("console.export_video", which=which)
