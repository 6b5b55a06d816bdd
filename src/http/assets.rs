//! The page, embedded in the binary together with its compressed forms.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentEncoding, ETag, EntityTag,
    HeaderValue, LOCATION, VARY,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::{Embed, EmbeddedFile};
use url::form_urlencoded;

use super::error::Problem;
use super::{AppState, negotiation};
use crate::config::Origin;

/// What `npm run build` leaves.
#[derive(Embed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

const PAGE: &str = "index.html";
/// The same for addresses that are one folder deeper: the page asks for its files relative to its own address, which a
/// proxy may have put anywhere.
const DEEPER: &str = "chart.html";
/// Files here have a hash of their content in their name.
const HASHED: &str = "assets/";

/// Everything from this origin; images also from the data and blobs that an export is made of. Who may
/// frame it follows.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors";
/// Nobody, in a policy.
const NOBODY: &str = "'none'";

/// The query key of a page that wants to be framed, and its value.
const EMBED: (&str, &str) = ("embed", "1");

/// Compressed forms, best first, by the suffix the build gives them.
const FORMS: [(ContentEncoding, &str); 2] =
    [(ContentEncoding::Brotli, ".br"), (ContentEncoding::Gzip, ".gz")];

/// The page.
pub async fn page(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    of_file(&request, &state, PAGE)
}

/// The page of a chart: the same for every symbol, which it reads from the address.
pub async fn chart(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let symbol = request.match_info().query("symbol");
    match symbol.strip_suffix('/') {
        Some(symbol) if !symbol.contains('/') => {
            let path = request.path().trim_end_matches('/');
            Ok(moved(&request, &format!("../{}", last_of(path))))
        }
        None if !symbol.contains('/') => of_file(&request, &state, DEEPER),
        _ => Err(Problem::nothing_here(&state.base_path)),
    }
}

/// The base path without the slash at its end, above which relative addresses would begin.
pub async fn folder(request: HttpRequest) -> HttpResponse {
    moved(&request, &format!("{}/", last_of(request.path())))
}

fn last_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// An answer that names another address, relative to that of the request.
fn moved(request: &HttpRequest, path: &str) -> HttpResponse {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let address = (LOCATION, format!("{path}{query}"));
    HttpResponse::PermanentRedirect().insert_header(address).finish()
}

fn of_file(request: &HttpRequest, state: &AppState, name: &str) -> Result<HttpResponse, Problem> {
    let mut response = serve(request, name).ok_or_else(|| {
        let detail = "the page is not built into this binary: run `make web`, then build again";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let policy = policy(&framed_by(request.query_string(), &state.frame_ancestors));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// Who may frame the page: of one that asks for it those that are configured, of any other nobody, so
/// that no click on it is stolen.
fn framed_by(query: &str, allowed: &[Origin]) -> String {
    let (key, value) = EMBED;
    let embedded = form_urlencoded::parse(query.as_bytes()).any(|(k, v)| k == key && v == value);
    if !embedded || allowed.is_empty() {
        return NOBODY.to_owned();
    }
    allowed.iter().map(Origin::to_string).collect::<Vec<_>>().join(" ")
}

fn policy(framed_by: &str) -> HeaderValue {
    HeaderValue::try_from(format!("{POLICY} {framed_by}")).expect("origins are ASCII")
}

/// A file of the page.
pub async fn file(
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = if *path == DEEPER { None } else { serve(&request, &path) };
    found.ok_or_else(|| Problem::nothing_here(&state.base_path))
}

fn serve(request: &HttpRequest, path: &str) -> Option<HttpResponse> {
    let plain = Dist::get(path)?;
    let tag = EntityTag::new_weak(
        plain
            .metadata
            .sha256_hash()
            .iter()
            .take(8)
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
    );
    let hashed = path.starts_with(HASHED);
    let caching = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let held = negotiation::holds(request, &tag);
    let mut response = if held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag))
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((VARY, "Accept-Encoding"));
    if path == PAGE {
        response.insert_header((CONTENT_SECURITY_POLICY, policy(NOBODY)));
    }
    if held {
        return Some(response.finish());
    }
    response.content_type(mime_guess::from_path(path).first_or_octet_stream().to_string());
    let body = match compressed(request, path) {
        Some((file, name)) => {
            response.insert_header((CONTENT_ENCODING, name));
            file
        }
        None => plain,
    };
    Some(response.body(body.data))
}

/// The compressed form that the client likes best, of equals the smallest; none when it would rather
/// have the file as it is.
fn compressed(request: &HttpRequest, path: &str) -> Option<(EmbeddedFile, &'static str)> {
    let form = |(coding, suffix)| Some((coding, Dist::get(&format!("{path}{suffix}"))?));
    let forms: Vec<(ContentEncoding, EmbeddedFile)> = FORMS.into_iter().filter_map(form).collect();
    let best = negotiation::coding(request, forms.iter().map(|(coding, _)| *coding))?;
    let chosen = forms.into_iter().find(|(coding, _)| *coding == best);
    chosen.map(|(coding, file)| (file, coding.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{framed_by, policy};
    use crate::config::Origin;

    #[test]
    fn only_a_page_that_asks_for_it_may_be_framed_and_only_by_those_who_may() {
        let allowed: [Origin; 2] =
            ["https://a.example", "http://b.example:81"].map(|text| text.parse().expect(text));
        let both = "https://a.example http://b.example:81";
        for (query, framed) in [
            ("embed=1", both),
            ("range=5d&embed=1&theme=light", both),
            ("", "'none'"),
            ("embed=0", "'none'"),
            ("embed", "'none'"),
            ("q=embed=1", "'none'"),
        ] {
            assert_eq!(framed_by(query, &allowed), framed, "{query}");
        }
        assert_eq!(framed_by("embed=1", &[]), "'none'");
        assert!(
            policy(both)
                .to_str()
                .expect("ASCII")
                .ends_with("; frame-ancestors https://a.example http://b.example:81")
        );
    }
}
