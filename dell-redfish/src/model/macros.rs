//! How wire types are written down: each field once, with its DMTF name; every field optional and leniently read.

/// A part of a resource. `field: Type = "DmtfName"` becomes `Option<Type>`.
macro_rules! part {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $dmtf:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Deserialize, serde::Serialize)]
        #[serde(default)]
        pub struct $name {
            $(
                $(#[$doc])*
                #[serde(
                    rename = $dmtf,
                    deserialize_with = "crate::model::lenient::field",
                    skip_serializing_if = "Option::is_none"
                )]
                pub $field: Option<$type>,
            )*
        }

        impl crate::model::Lenient for $name {
            fn object<'de, A: serde::de::MapAccess<'de>>(access: A) -> Result<Option<Self>, A::Error> {
                crate::model::lenient::object(access)
            }
        }
    };
}

/// A resource: a part that also has `@odata.id`, `@odata.type`, `Id` and `Name`.
macro_rules! resource {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $dmtf:literal,)* }) => {
        part! {
            $(#[$meta])*
            $name {
                /// Where the resource lives.
                odata_id: String = "@odata.id",
                /// Schema and version, e.g. `#Drive.v1_17_0.Drive`.
                odata_type: String = "@odata.type",
                /// Name within its collection; for a Dell device its FQDD.
                id: String = "Id",
                /// Display name.
                name: String = "Name",
                $($(#[$doc])* $field: $type = $dmtf,)*
            }
        }

        impl crate::model::Schema for $name {
            const NAME: &'static str = stringify!($name);

            fn odata_id(&self) -> Option<&str> {
                self.odata_id.as_deref()
            }
        }
    };
}
