//! The conversion of the codec's counters into the Python dataclass `FrameStats`.

use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier};

use framing_core::codec::Stats;

/// Counters that convert to a `FrameStats`.
pub(super) struct Snapshot(pub(super) Stats);

impl<'py> IntoPyObject<'py> for Snapshot {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: PyStaticExpr = type_hint_identifier!("framing._stats", "FrameStats");

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Stats {
            frames,
            payload_bytes,
            wire_bytes,
            largest_frame,
            buffered,
            skipped_frames,
            skipped_bytes,
        } = self.0;
        let class = py.import("framing._stats")?.getattr("FrameStats")?;
        class.call1((
            frames,
            payload_bytes,
            wire_bytes,
            largest_frame,
            buffered,
            skipped_frames,
            skipped_bytes,
        ))
    }
}
