//! The iDRAC's own recurring update.

resource! {
    /// What `GetUpdateSchedule` answers (Dell `DellSoftwareInstallationService` 1.1 and later). Passwords are never told.
    DellUpdateSchedule {
        /// `Auto_Update`.
        job_type: String = "JobType",
        /// Time of day, `hh:mm`, by the iDRAC's clock.
        time: String = "Time",
        /// `Mon` … `Sun`, or `*`.
        day_of_week: String = "DayofWeek",
        /// `1` … `28`, or `*`.
        day_of_month: String = "DayofMonth",
        /// `1` … `4`, `L` for the last, or `*`.
        week_of_month: String = "WeekofMonth",
        /// How many times it is carried out.
        repeat: u64 = "Repeat",
        /// `RebootRequired` or `NoReboot`.
        apply_reboot: String = "ApplyReboot",
        /// `NFS`, `CIFS`, `HTTP`, …
        share_type: String = "ShareType",
        /// Address of the share.
        ip_address: String = "IPAddress",
        /// Name of the share.
        share_name: String = "ShareName",
        /// Name of the catalogue.
        catalog_name: String = "CatalogName",
        /// Who logs in there.
        user_name: String = "UserName",
        /// And in which domain.
        domain: String = "Domain",
        /// `On` or `Off`: whether any certificate will do.
        ignore_certificate: String = "IgnoreCertWarning",
        /// `Off`, `DefaultProxy`, `ParametersProxy`.
        proxy_support: String = "ProxySupport",
        /// The proxy.
        proxy_host_name: String = "ProxyHostName",
        /// Who logs in there.
        proxy_user_name: String = "ProxyUserName",
    }
}
