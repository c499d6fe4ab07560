//! Clients that others wrote must be happy with every generation: `sushy` and `redfish` from PyPI.
//!
//! `DSM_PYTHON` names a Python that has both; without it this test says loudly that it is left out.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic, missing_docs)]

use std::process::Stdio;

use idrac_sim::{Fleet, Generation};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sushy_and_redfish_walk_and_reset_every_generation() {
    let Some(python) = std::env::var_os("DSM_PYTHON") else {
        eprintln!("LEFT OUT: DSM_PYTHON is not set, sushy and redfish were not run");
        return;
    };
    let fleet = Fleet::builder()
        .network("127.20.1.0", Generation::ALL.len())
        .generation_mix(Generation::ALL)
        .credentials("root", "secret")
        .start()
        .await
        .unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign_clients.py");
    let urls: Vec<String> = fleet.addresses().iter().map(|a| format!("https://{a}")).collect();
    let run = tokio::task::spawn_blocking(move || {
        std::process::Command::new(python)
            .arg(script)
            .args(["root", "secret"])
            .args(urls)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    });
    let output = run.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    eprintln!("{said}");
    if output.status.code() == Some(3) {
        eprintln!("LEFT OUT: DSM_PYTHON lacks a client: {said}");
        return;
    }
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    for server in fleet.servers() {
        let totals = server.totals();
        assert_eq!(server.open_sessions(), 0, "{:?}", server.generation());
        assert_eq!((totals.sessions_opened, totals.sessions_closed), (2, 2), "{:?}", server.generation());
        // Both reset the host: it is on its way up again.
        assert!(!server.is_running());
    }
}
