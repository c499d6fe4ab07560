//! One body, two names: `x()` blocks, `x_async()` gives a future. Both are methods of the same class.

/// Writes a method and its asyncio twin. The body gives the future of the call, or an exception before anything began.
macro_rules! both {
    (
        $(#[doc = $doc:literal])*
        $class:ident.$name:ident / $name_async:ident ($($signature:tt)*)
        |$this:ident, $py:ident $(, $arg:ident: $type:ty)*| $body:block
    ) => {
        #[pyo3::pymethods]
        impl $class {
            $(#[doc = $doc])*
            #[pyo3(signature = ($($signature)*))]
            #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
            fn $name<'py>(
                &self,
                $py: pyo3::Python<'py>,
                $($arg: $type,)*
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                let $this = self;
                let work = $body;
                crate::runtime::block_on($py, work)
            }

            $(#[doc = $doc])*
            ///
            /// For asyncio: gives a future, whose cancellation cancels the call.
            #[pyo3(signature = ($($signature)*))]
            #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
            fn $name_async<'py>(
                &self,
                $py: pyo3::Python<'py>,
                $($arg: $type,)*
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                let $this = self;
                let work = $body;
                crate::runtime::spawn($py, work)
            }
        }
    };
}

pub(crate) use both;
