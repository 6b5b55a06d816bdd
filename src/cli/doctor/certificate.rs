//! The certificate that clients are shown, and the one that this machine's server would show.

use std::error::Error;
use std::io;

use jiff::{SignedDuration, Timestamp};
use reqwest::RequestBuilder;
use reqwest::tls::TlsInfo;
use rustls::CertificateError;
use tokio::time::timeout;

use super::finding::Finding;
use super::tape::{PATIENCE, in_words};
use crate::app;
use crate::config::TlsConfig;

const CHECK: &str = "certificate";
/// A certificate that ends sooner should have been renewed by now: most are a third of their life before the end.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
const RENEW: &str =
    "renew it: figcast serves the new files within seconds (server.tls), a proxy after a reload";

/// Looks at the one that the answer to a request comes with. Nothing where there is no answer for another reason.
pub async fn shown(request: RequestBuilder, now: Timestamp) -> Option<Finding> {
    match timeout(PATIENCE, request.send()).await.ok()? {
        Ok(response) => {
            let info = response.extensions().get::<TlsInfo>()?;
            Some(fine(app::certificate_ends(info.peer_certificate()?), now))
        }
        Err(error) => Some(refused(tls_error(&error)?)),
    }
}

/// Looks at the one of the configuration.
pub fn configured(tls: &TlsConfig, now: Timestamp) -> Option<Finding> {
    match app::certificate_of(tls) {
        Ok(None) => None,
        Ok(Some(ends)) => Some(fine(ends, now)),
        Err(error) => {
            let right = "name a certificate and the key that it was made with in server.tls, both in PEM, which the user of the \
                         server may read";
            Some(Finding::wrong(CHECK, in_words(&error), right))
        }
    }
}

/// What there is to say of a certificate that is one.
fn fine(ends: Option<Timestamp>, now: Timestamp) -> Finding {
    let Some(ends) = ends else { return Finding::ok(CHECK, "clients believe it") };
    let left = ends.duration_since(now);
    if left.is_negative() {
        return Finding::wrong(CHECK, format!("it ended at {ends}: clients refuse it"), RENEW);
    }
    let days = left.as_hours() / 24;
    if left < SOON {
        return Finding::warn(CHECK, format!("it ends in {days} days, at {ends}"), RENEW);
    }
    Finding::ok(CHECK, format!("good until {ends}"))
}

/// What is wrong with one that this client refuses.
fn refused(error: &rustls::Error) -> Finding {
    let rustls::Error::InvalidCertificate(why) = error else {
        let right = "speak http:// where the port has no TLS; else look which versions of TLS it offers: 1.2 or 1.3";
        return Finding::wrong(CHECK, format!("hands cannot be shaken: {error}"), right);
    };
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Finding::wrong(CHECK, format!("it has ended: {why}"), RENEW)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            let right = "look at the clock of this machine; else wait, or serve the one of before";
            Finding::wrong(CHECK, format!("it is not valid yet: {why}"), right)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let right = "ask by a name that the certificate has, or have one made for this name";
            Finding::wrong(CHECK, format!("it is another host's: {why}"), right)
        }
        CertificateError::UnknownIssuer => Finding::wrong(
            CHECK,
            "nobody here knows its issuer",
            "serve the certificates between it and a root behind it in the same file (fullchain.pem); one of an issuer of your \
             own has to be known to each client",
        ),
        why => Finding::wrong(CHECK, format!("it is refused: {why}"), RENEW),
    }
}

/// What TLS says of a request that failed.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An I/O error that was made of another one hides it from `source`.
        let hidden = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = hidden.map(|hidden| hidden as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io;

    use jiff::Timestamp;

    use super::{fine, tls_error};
    use crate::cli::doctor::finding::Grade;

    #[test]
    fn a_certificate_is_renewed_two_weeks_before_its_end() {
        let now: Timestamp = "2026-11-27T00:00:00Z".parse().expect("a time");
        for (ends, grade) in [
            ("2026-11-26T23:59:59Z", Grade::Wrong),
            ("2026-11-27T00:00:01Z", Grade::Warn),
            ("2026-12-10T23:59:59Z", Grade::Warn),
            ("2026-12-11T00:00:00Z", Grade::Ok),
        ] {
            let ends = ends.parse().expect("a time");
            assert_eq!(fine(Some(ends), now).verdict(), ("certificate", grade), "{ends}");
        }
        assert_eq!(fine(None, now).verdict().1, Grade::Ok);
    }

    #[test]
    fn the_error_of_tls_is_found_behind_those_of_the_connection() {
        let hidden = io::Error::other(io::Error::other(rustls::Error::DecryptError));
        assert_eq!(tls_error(&hidden), Some(&rustls::Error::DecryptError));
        assert_eq!(tls_error(&io::Error::other("another")), None);
    }
}
