//! The simulator as a program: `idrac-sim --network 127.20.0.0 --count 254 --port 8443 --generation mix`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks on its standard streams")]

mod args;

use std::process::ExitCode;

use idrac_sim::{Fleet, Kind};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let options = match args::parse(std::env::args().skip(1)) {
        Ok(args::Asked::Run(options)) => *options,
        Ok(args::Asked::Help) => {
            println!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("idrac-sim: {problem}\n\n{}", args::HELP);
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(options)),
        Err(e) => Err(e.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let mut text = e.to_string();
            let mut source = e.source();
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            eprintln!("idrac-sim: {text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: args::Options) -> Result<(), Box<dyn std::error::Error>> {
    let fleet = Fleet::from_spec(options.spec).await?;
    table(&fleet, options.print_credentials);
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done?,
        _ = terminate.recv() => {}
    }
    let totals = fleet.totals();
    fleet.stop().await;
    println!(
        "stopped: {} connections, {} requests, {} sessions opened, {} closed, {} refused logins",
        totals.connections,
        totals.requests,
        totals.sessions_opened,
        totals.sessions_closed,
        totals.failed_logins
    );
    Ok(())
}

/// Rows shown before the rest is only counted.
const ROWS: usize = 20;

fn table(fleet: &Fleet, credentials: bool) {
    println!("{:<22} {:<12} {:<10} {:<9} users", "address", "state", "generation", "tag");
    for server in fleet.servers().take(ROWS) {
        let spec = server.spec();
        let users: Vec<String> = spec
            .accounts
            .iter()
            .map(|a| if credentials { format!("{}:{}", a.user, a.password) } else { a.user.clone() })
            .collect();
        println!(
            "{:<22} {:<12} {:<10} {:<9} {}",
            server.address().to_string(),
            format!("{:?}", spec.kind).to_lowercase(),
            server.generation().name(),
            server.service_tag(),
            users.join(" ")
        );
    }
    if fleet.len() > ROWS {
        println!("… and {} more", fleet.len() - ROWS);
    }
    let alive = fleet.servers().filter(|s| s.spec().kind == Kind::Alive).count();
    println!("\n{} addresses, {alive} answer as iDRACs, port {}", fleet.len(), fleet.port());
    if let Some(server) = fleet.servers().find(|s| s.spec().kind == Kind::Alive) {
        println!("try: curl -ks https://{}/redfish/v1/", server.address());
    }
    println!("Ctrl-C stops it.");
}
