#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pictures of the status page in headless Chromium, dark and light, wide and narrow, for a developer's eye:

    apt-get install chromium-headless-shell
    tests/support/web_picture.py http://127.0.0.1:8080/ FOLDER

Chromium is neither shipped nor part of the suites. Also tells what the page asked for beside itself, and fails when that is anything, or
when the policy had to stop something."""

import pathlib
import shutil
import subprocess
import sys

SIZES = {"narrow": (390, 2600), "wide": (1280, 1500)}  # pixels of the window; the page is to fit its width
DARK = "--blink-settings=preferredColorScheme=0"
LIGHT = "--blink-settings=preferredColorScheme=1"


def chromium():
    for name in ("chromium-headless-shell", "chromium"):
        if path := shutil.which(name):
            return path
    sys.exit("needs chromium-headless-shell or chromium")


def main():
    address, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    complaints = []
    for theme, setting in (("dark", DARK), ("light", LIGHT)):
        for name, (width, height) in SIZES.items():
            picture = folder / f"{theme}-{name}.png"
            command = [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", setting,
                       f"--window-size={width},{height}", f"--screenshot={picture}", address]
            result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
            complaints += [line for line in result.stderr.splitlines() if "CONSOLE" in line]
            print(picture)
    print("\n".join(complaints))
    sys.exit(1 if any("favicon" not in line for line in complaints) else 0)


if __name__ == "__main__":
    main()
