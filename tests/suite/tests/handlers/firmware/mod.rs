//! `firmware_update` and `full_server_update`.

mod fleet;
mod full;
mod maintenance;
mod sources;
mod stock;
mod stops;
mod update;
mod verdicts;
