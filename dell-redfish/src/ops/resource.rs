//! Reading one resource.

use std::marker::PhantomData;

use crate::effect::Effect;
use crate::endpoint::{self, Expand};
use crate::error::Result;
use crate::id::ODataId;
use crate::model::{Bios, Chassis, ComputerSystem, Manager, Resource, Schema};
use crate::operation::Operation;
use crate::request::{Request, Response};

macro_rules! get {
    ($(#[$meta:meta])* $name:ident -> $schema:ident, $path:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name;

        impl Operation for $name {
            type Output = Resource<$schema>;

            const NAME: &'static str = stringify!($name);
            const EFFECT: Effect = Effect::Read;

            fn request(&self) -> Request {
                Request::get($path)
            }

            fn parse(&self, response: Response) -> Result<Self::Output> {
                Resource::parse(response.body)
            }
        }
    };
}

get! {
    /// Reads the server at the place it has on every PowerEdge.
    GetComputerSystem -> ComputerSystem, endpoint::SYSTEM
}

get! {
    /// Reads the iDRAC at the place it has on every PowerEdge.
    GetManager -> Manager, endpoint::MANAGER
}

get! {
    /// Reads the chassis at the place it has on every PowerEdge.
    GetChassis -> Chassis, endpoint::CHASSIS
}

get! {
    /// Reads the BIOS settings in force at the place they have on every PowerEdge.
    GetBios -> Bios, endpoint::SYSTEM_BIOS
}

/// Reads any resource of a known schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetResource<T> {
    path: ODataId,
    schema: PhantomData<fn() -> T>,
}

impl<T: Schema> GetResource<T> {
    /// The resource at this path.
    #[must_use]
    pub fn at(path: ODataId) -> Self {
        Self { path, schema: PhantomData }
    }
}

impl<T: Schema> Operation for GetResource<T> {
    type Output = Resource<T>;

    const NAME: &'static str = "GetResource";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(Expand::None.on(self.path.path()))
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        Resource::parse(response.body)
    }
}
