//! `/organizations`: there is one.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::json;

use super::{ORGANIZATION, Shared, auth::admit, errors};
use crate::gate::lock;

const NAME: &str = "Nimbus Example";

pub(super) async fn list(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    let rows = json!([{ "_id": ORGANIZATION, "id": ORGANIZATION, "displayName": NAME, "logoUrl": "" }]);
    // Keys of single organizations have been seen to get the bare list.
    if lock(&shared.state).settings.bare_organizations {
        return HttpResponse::Ok().json(rows);
    }
    HttpResponse::Ok().json(json!({ "totalCount": 1, "results": rows }))
}

pub(super) async fn one(request: HttpRequest, shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    if *id != ORGANIZATION {
        return errors::answer(404, "organization not found");
    }
    let default = lock(&shared.state).settings.default_state.clone();
    HttpResponse::Ok().json(json!({
        "_id": ORGANIZATION,
        "id": ORGANIZATION,
        "displayName": NAME,
        "created": "2020-01-01T00:00:00.000Z",
        "settings": {
            "newSystemUserStateDefaults": {
                "manualEntry": default,
                "csvImport": default,
                "applicationImport": default,
            },
        },
    }))
}
