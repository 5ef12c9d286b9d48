"""The path CSV: its columns, its round trip, and what other files get."""

from __future__ import annotations

import csv
import os

import numpy as np
import pytest

from cubesal.autopilot import CSV_COLUMNS, CameraPath, load_csv
from cubesal.camera import wrap_angle
from cubesal.errors import ExportError, MediaError

HEADER = ",".join(CSV_COLUMNS)


def turning(count: int = 20) -> CameraPath:
    times = np.arange(count) * 0.1
    return CameraPath(
        times,
        np.radians(160 + 30 * times),
        0.5 * np.sin(times),
        np.full(count, np.radians(75.0)),
        np.linspace(0, 0.1, count),
    )


def rows_of(path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_are_the_documented_ones(tmp_path):
    turning().save_csv(tmp_path / "path.csv", np.arange(5) / 25, first_index=50)
    text = (tmp_path / "path.csv").read_text()
    assert text.splitlines()[0] == "frame_index,time_s,yaw_deg,pitch_deg,roll_deg,hfov_deg"
    rows = rows_of(tmp_path / "path.csv")
    assert [row["frame_index"] for row in rows] == ["50", "51", "52", "53", "54"]
    assert float(rows[1]["yaw_deg"]) == pytest.approx(161.2)
    assert float(rows[1]["hfov_deg"]) == pytest.approx(75)
    assert [entry.name for entry in tmp_path.iterdir()] == ["path.csv"]


@pytest.mark.parametrize("yaw_deg", [180.0, 179.99999, -180.0, 540.0, -0.00001])
def test_yaw_is_written_in_minus_180_to_below_180(tmp_path, yaw_deg):
    path = CameraPath(*(np.array([v]) for v in (0.0, np.radians(yaw_deg), 0.0, 1.5, 0.0)))
    path.save_csv(tmp_path / "path.csv", np.zeros(1))
    written = rows_of(tmp_path / "path.csv")[0]["yaw_deg"]
    assert -180 <= float(written) < 180
    assert written != "-0.0000"


def test_a_path_survives_its_file_also_over_the_seam(tmp_path):
    path, times = turning(), np.linspace(0, 1.9, 58)
    path.save_csv(tmp_path / "path.csv", times)
    again = load_csv(tmp_path / "path.csv")
    assert np.abs(np.diff(again.yaw)).max() < 0.1
    for time_s in np.linspace(0, 1.9, 23):
        a, b = path.at(float(time_s)), again.at(float(time_s))
        assert abs(wrap_angle(a.yaw - b.yaw)) < 1e-3
        assert (b.pitch, b.roll, b.hfov) == pytest.approx((a.pitch, a.roll, a.hfov), abs=1e-3)


def test_a_file_saved_by_a_spreadsheet_with_a_byte_order_mark_is_read(tmp_path):
    file = tmp_path / "path.csv"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n0,0,10,0,0,90\r\n\r\n".encode())
    assert np.degrees(load_csv(file).at(0).yaw) == pytest.approx(10)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line must be"),
        ("a,b,c\n1,2,3\n", "first line must be"),
        (HEADER + "\n", "no rows"),
        (f"{HEADER}\n0,0,1,2,3\n", "line 2: 5 values instead of 6"),
        (f"{HEADER}\n0,0,east,0,0,90\n", "line 2: could not convert"),
        (f"{HEADER}\n0,0,nan,0,0,90\n", "line 2: a value is not finite"),
        (f"{HEADER}\n0,2e9,0,0,0,90\n", "line 2: time_s must lie within 1e.09 seconds"),
        (f"{HEADER}\n0,0,-2e6,0,0,90\n", "line 2: yaw_deg and roll_deg must lie within 1000000"),
        (f"{HEADER}\n0,0,0,0,2e6,90\n", "line 2: yaw_deg and roll_deg must lie within 1000000"),
        (f"{HEADER}\n0,0,0,95,0,90\n", "line 2: pitch_deg must lie"),
        (f"{HEADER}\n0,0,0,0,0,180\n", "line 2: hfov_deg must lie"),
        (f"{HEADER}\n0,0,0,0,0,90\n1,0,0,0,0,90\n", "line 3: time_s must grow"),
    ],
)
def test_what_is_no_path_gets_one_sentence(tmp_path, text, words):
    file = tmp_path / "wrong.csv"
    file.write_text(text)
    with pytest.raises(MediaError, match=words) as caught:
        load_csv(file)
    assert "wrong.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_and_absent_files_get_one_sentence(tmp_path):
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    for name in ("binary.csv", "absent.csv"):
        with pytest.raises(MediaError, match=name):
            load_csv(tmp_path / name)
    with pytest.raises(MediaError, match="readable"):
        load_csv(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_a_named_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(MediaError, match=r"pipe\.csv .* no ordinary file"):
        load_csv(tmp_path / "pipe.csv")


def test_a_huge_file_is_not_read(tmp_path):
    with open(tmp_path / "huge.csv", "wb") as file:
        file.truncate(64 * 2**20 + 1)
    with pytest.raises(MediaError, match=r"huge\.csv is too large"):
        load_csv(tmp_path / "huge.csv")


def test_where_one_may_not_write_nothing_is_left(tmp_path):
    with pytest.raises(ExportError, match="cannot write"):
        turning().save_csv(tmp_path / "absent" / "path.csv", np.zeros(1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("column", range(5))
def test_columns_must_be_finite_and_of_one_length(column):
    columns = [np.arange(3.0) for _ in range(5)]
    columns[column] = np.arange(4.0)
    with pytest.raises(ValueError, match="one length"):
        CameraPath(*columns)
    columns[column] = np.array([0.0, np.nan, 2.0])
    with pytest.raises(ValueError, match="finite"):
        CameraPath(*columns)
