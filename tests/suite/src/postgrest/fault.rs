//! Trouble on request.

use std::time::Duration;

use hyper::Method;

/// What happens to a request instead of, or before, what should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The connection breaks before anything was done.
    DropBefore,
    /// Everything was done and committed; then the connection breaks.
    DropAfter,
    /// It takes so long. After that, it is done as ever.
    Delay(Duration),
    /// 503 from the gateway; nothing was done.
    Unavailable,
    /// 401, as with a wrong key; nothing was done.
    Unauthorized,
}

/// Which requests meet which trouble, and how often.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Only this method.
    pub method: Option<Method>,
    /// Only paths that contain this.
    pub path: String,
    /// So many matching requests are let pass first.
    pub skip: u32,
    /// So many after that are met. `u32::MAX`: until it is called off.
    pub times: u32,
    /// What happens to them.
    pub trouble: Trouble,
}

impl Fault {
    /// Once, to the next request whose path contains this.
    #[must_use]
    pub fn once(path: &str, trouble: Trouble) -> Self {
        Self { method: None, path: path.to_owned(), skip: 0, times: 1, trouble }
    }

    /// To requests of one method only.
    #[must_use]
    pub fn of(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// So many times.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// After so many that are let pass.
    #[must_use]
    pub const fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Whether it meets this request; counted if so.
    fn meets(&mut self, method: &Method, path: &str) -> bool {
        if self.times == 0
            || self.method.as_ref().is_some_and(|only| only != method)
            || !path.contains(&self.path)
        {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.times != u32::MAX {
            self.times -= 1;
        }
        true
    }
}

/// The first fault that meets a request.
pub(super) fn meet(faults: &mut [Fault], method: &Method, path: &str) -> Option<Trouble> {
    faults.iter_mut().find_map(|fault| fault.meets(method, path).then_some(fault.trouble))
}
