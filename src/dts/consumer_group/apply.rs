//! Making, changing and deleting a consumer group, each as soon as its subscription can be consumed.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::plan::{self, Password};
use super::{CREATE, DELETE, MODIFY, NAME, PASSWORD, PASSWORD_WO, USER, id, subscription};
use crate::api;
use crate::dts::error;
use crate::dts::lookup::{self, Candidate, LeftOver, Once, Outcome};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::framework::import::IMPORTED;
use crate::framework::resource::{Apply, Delete};
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

pub(super) async fn create(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    make(apply, "timeouts.create").await?;
    apply.state.set("operations", vec![CREATE]);
    Ok(())
}

/// Makes the group on the subscription that is planned, and records it.
async fn make(apply: &mut Apply<Client>, raise: &'static str) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let busy = Busy::new(
        &client,
        &apply.cancel,
        apply.timeout(TIMEOUT),
        raise,
        &apply.planned,
    )?;
    let text = |name: &str| apply.planned.str(name).unwrap_or_default().to_owned();
    let name = text(NAME);
    let what = format!("make DTS consumer group {name:?}");
    let detail = busy.until_consumable(&what).await?;
    let order = Group(api::CreateConsumerChannel {
        subscription: busy.subscription.clone(),
        consumer_group_name: name,
        consumer_group_user_name: text(USER),
        consumer_group_password: given(&apply.config).unwrap_or_else(|| SecretString::from("")),
    });
    let group = loop {
        match lookup::once(&client, &busy.api, &order).await? {
            Outcome::Made {
                made: group, again, ..
            } => {
                if let Some(lost) = again {
                    apply.warnings.push(error::made_again(
                        &format!("DTS consumer group {group}"),
                        &format!("another one of the name {:?}", order.0.consumer_group_name),
                        &lost,
                    ));
                }
                break group;
            }
            Outcome::Taken(group) => break group.made,
            Outcome::Found(Candidate { made: group, .. }, lost) => {
                apply.warnings.push(Diagnostic::warning(
                    format!("DTS consumer group {group} was made by a call whose answer was lost"),
                    format!("{lost}\n\nIt was looked up and taken into the state; none was made twice."),
                ));
                break group;
            }
            // Between the look and the call.
            Outcome::Refused(cause) | Outcome::Unseen(cause) if cause.is_busy() => {
                busy.pause(&what, &cause).await?;
                busy.until_consumable(&what).await?;
            }
            other => return Err(problem(other, &what, &detail, &order.0.consumer_group_name).into()),
        }
    };
    let instance = detail.dts_instance_id.clone().unwrap_or_default();
    client.is_there(detail.dts_job_id.as_deref().unwrap_or_default(), &group);
    apply.state.set("id", id(&instance, &group));
    apply.state.set("consumer_group_id", group);
    apply.state.set("dts_instance_id", instance);
    apply.state.set("dts_job_id", detail.dts_job_id.clone());
    if apply.state.get("operations").is_unknown() {
        apply.state.set("operations", vec![CREATE]);
    }
    apply.checkpoint();
    Ok(())
}

fn problem(outcome: Outcome<String>, what: &str, detail: &api::JobDetail, name: &str) -> Diagnostic {
    let instance = detail.dts_instance_id.as_deref().unwrap_or_default();
    let import = |groups: &[String]| {
        let ids: Vec<String> = groups.iter().map(|group| id(instance, group)).collect();
        ids.join(", ")
    };
    match outcome {
        Outcome::LeftOver(left) => {
            let groups: Vec<String> = left.into_iter().map(|one| one.made).collect();
            let ids = import(&groups);
            Diagnostic::error(
                format!("The subscription has a consumer group {name:?} already: {}", groups.join(", ")),
                format!(
                    "It may have been made by an apply that was cut off. None was made now. Import it (`terraform import <address> {ids}`), delete \
                     it in the DTS console, or give this one another name."
                ),
            )
            .at(Path::attribute(NAME))
        }
        Outcome::Several(groups, lost) => Diagnostic::error(
            format!("Unable to tell which DTS consumer group {name:?} was made"),
            format!(
                "{lost}\n\nThese groups appeared since and belong to nobody here: {}. Import the one that is yours (`terraform import <address> \
                 <id>`), then apply again.",
                import(&groups)
            ),
        ),
        Outcome::Refused(cause)
            if cause
                .code()
                .is_some_and(|code| code.contains("ConsumerGroupName")) =>
        {
            let mut told = error::unable(what, &cause);
            told.detail.push_str(
                "\n\nA group of this name may be there already, of this configuration or made elsewhere: names are unique on a subscription. Give \
                 this one another name, or import the other.",
            );
            told.at(Path::attribute(NAME))
        }
        Outcome::Nothing(cause) | Outcome::Refused(cause) => error::unable(what, &cause),
        Outcome::Unseen(cause) => error::unseen(what, &cause),
        Outcome::Blind(lost, cause) => {
            let mut told = error::unable(what, &lost);
            told.detail.push_str(
                "\n\nIt could not be looked up whether the call took effect. Apply again: a group that is there is named then, and none is made \
                 twice.",
            );
            told.detail.push_str(&format!(" The look failed: {cause}"));
            told
        }
        Outcome::Made { made: group, .. }
        | Outcome::Taken(Candidate { made: group, .. })
        | Outcome::Found(Candidate { made: group, .. }, _) => {
            Diagnostic::error(format!("Unable to {what}"), format!("{group} is there."))
        }
    }
}

/// The password that the configuration gives, write-only or not.
fn given(config: &Object) -> Option<SecretString> {
    let text = config.str(PASSWORD_WO).or_else(|| config.str(PASSWORD));
    text.map(SecretString::from)
}

/// A group that is to be made.
struct Group(api::CreateConsumerChannel);

#[async_trait]
impl Once for Group {
    type Made = String;

    const LOOKS: &'static [Duration] = &[Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

    async fn make(&self, api: &api::Client) -> Result<String, api::Error> {
        api.create_consumer_channel(&self.0).await
    }

    /// The groups of that name. DTS does not tell when they were made.
    async fn candidates(&self, api: &api::Client) -> Result<Vec<Candidate<String>>, api::Error> {
        let groups = api.describe_consumer_channel(&self.0.subscription).await?;
        let mine = groups
            .into_iter()
            .filter(|group| group.name.as_deref() == Some(self.0.consumer_group_name.as_str()));
        Ok(mine
            .map(|group| Candidate {
                made: group.id,
                created: None,
                alike: true,
                untold: Vec::new(),
            })
            .collect())
    }

    fn is_certain(&self) -> bool {
        false
    }

    fn likeness(&self) -> String {
        format!(
            "consumer group {:?} {}",
            self.0.subscription, self.0.consumer_group_name
        )
    }

    fn left_over(&self) -> LeftOver {
        LeftOver::Stop
    }

    fn id(made: &String) -> &str {
        made
    }
}

/// A subscription, and how long it may be busy.
struct Busy<'a> {
    api: api::Client,
    subscription: api::JobRef,
    cancel: &'a CancellationToken,
    limit: Duration,
    raise: &'static str,
    begin: tokio::time::Instant,
}

impl<'a> Busy<'a> {
    fn new(
        client: &Client,
        cancel: &'a CancellationToken,
        limit: Duration,
        raise: &'static str,
        group: &Object,
    ) -> Result<Busy<'a>, Diagnostics> {
        let api = client.api_within(cancel, limit)?;
        let begin = api.clock().instant();
        Ok(Busy {
            subscription: subscription(group).unwrap_or_default(),
            api,
            cancel,
            limit,
            raise,
            begin,
        })
    }

    /// DTS changes groups only while the subscription can be consumed (dts-api.md 2.11): waits for one that is on its way there, and says
    /// what to do about one that is not.
    async fn until_consumable(&self, what: &str) -> Result<api::JobDetail, Diagnostics> {
        let patience = Patience {
            what,
            limit: self.limit,
            raise: self.raise,
            cancel: self.cancel,
        };
        wait::until(self.api.clock().as_ref(), &patience, || async {
            let detail = match self.api.describe_dts_job_detail(&self.subscription).await {
                Ok(detail) => detail,
                Err(cause) if cause.is_not_found() => {
                    let name = if self.subscription.instance_id.is_some() {
                        "dts_instance_id"
                    } else {
                        "dts_job_id"
                    };
                    return Err(error::unable(what, &cause).at(Path::attribute(name)).into());
                }
                Err(cause) => return Ok(Poll::Unread(error::unable(what, &cause).into())),
            };
            let status = detail.status.clone().unwrap_or_default();
            match Stage::of(&status) {
                _ if status.eq_ignore_ascii_case("Normal") => Ok(Poll::Ready(detail)),
                Stage::Running | Stage::Prechecking => Ok(Poll::Pending(format!("status {status}"))),
                _ => Err(not_consumable(what, &detail).into()),
            }
        })
        .await
    }

    /// Before the next try of a call that was refused for the state of the subscription.
    async fn pause(&self, what: &str, cause: &api::Error) -> Result<(), Diagnostics> {
        let clock = self.api.clock();
        if self.cancel.is_cancelled() || clock.instant().duration_since(self.begin) >= self.limit {
            let mut told = error::unable(what, cause);
            told.detail
                .push_str(&format!(" Raise `{}` if it needs longer.", self.raise));
            return Err(told.into());
        }
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = clock.sleep(Duration::from_secs(1)) => {}
        }
        Ok(())
    }

    /// Makes a call that may be made twice, once the subscription takes it.
    async fn call<F>(&self, what: &str, call: impl Fn() -> F) -> Result<Result<(), api::Error>, Diagnostics>
    where
        F: Future<Output = Result<(), api::Error>>,
    {
        loop {
            match call().await {
                Err(cause) if cause.is_busy() => {
                    self.until_consumable(what).await?;
                    self.pause(what, &cause).await?;
                }
                called => return Ok(called),
            }
        }
    }
}

fn not_consumable(what: &str, detail: &api::JobDetail) -> Diagnostic {
    let status = detail.status.as_deref().unwrap_or_default();
    let job = detail.dts_job_id.as_deref().unwrap_or_default();
    Diagnostic::error(
        format!("Unable to {what}"),
        format!(
            "Subscription {job} has the status {status}, and DTS makes, changes and deletes consumer groups only while it is `Normal`. Start it \
             (`desired_status = \"running\"` of the `dts_subscription`) and apply again. Where the group is to be removed together with its \
             subscription, it ends with that: `terraform state rm` takes it out of the state, and `terraform destroy -refresh=false` \
             then destroys the rest."
        ),
    )
}

pub(super) async fn update(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let limit = apply.timeout(TIMEOUT);
    let (prior, planned, config) = (apply.prior.clone(), apply.planned.clone(), apply.config.clone());
    let imported = apply.private.is_set(IMPORTED);
    let group = prior.str("consumer_group_id").unwrap_or_default().to_owned();
    let mut made = Vec::new();
    if planned.get("id").is_unknown() || plan::moved(&prior, &planned).is_some() {
        // On which subscription it is has only become known here, and whether it is still there.
        let api = client.api_within(&apply.cancel, limit)?;
        let there = is_there(&api, &planned, &group).await?;
        if !there {
            made.push(CREATE);
            make(apply, "timeouts.update").await?;
            if let Some(problems) = remove_elsewhere(apply, &client, &prior, &mut made).await {
                return Err(problems);
            }
            apply.private.remove(IMPORTED);
            apply.state.set("operations", made);
            return Ok(());
        }
        for name in ["id", "consumer_group_id", "dts_instance_id", "dts_job_id"] {
            apply.state.set(name, prior.get(name).clone());
        }
    }
    let password = plan::password(&prior, &config, imported);
    let differs = |name: &str| prior.get(name) != planned.get(name);
    if differs(NAME) || differs(USER) || password == Some(Password::Other) {
        let said = |name: &str| {
            differs(name)
                .then(|| planned.str(name).map(str::to_owned))
                .flatten()
        };
        let busy = Busy::new(&client, &apply.cancel, limit, "timeouts.update", &prior)?;
        let change = api::ModifyConsumerChannel {
            subscription: busy.subscription.clone(),
            consumer_group_id: group.clone(),
            consumer_group_name: said(NAME),
            consumer_group_user_name: said(USER),
            consumer_group_password: given(&config).filter(|_| password == Some(Password::Other)),
        };
        let what = format!("change DTS consumer group {group}");
        busy.call(&what, || busy.api.modify_consumer_channel(&change))
            .await?
            .map_err(error::to(&what))?;
        made.push(MODIFY);
    }
    apply.private.remove(IMPORTED);
    let operations = match planned.get("operations") {
        Value::Unknown if made.is_empty() => prior.get("operations").clone(),
        Value::Unknown => Value::from(made),
        planned => planned.clone(),
    };
    apply.state.set("operations", operations);
    Ok(())
}

async fn is_there(api: &api::Client, group: &Object, id: &str) -> Result<bool, Diagnostics> {
    let subscription = subscription(group).unwrap_or_default();
    match api.describe_consumer_channel(&subscription).await {
        Ok(groups) => Ok(groups.iter().any(|group| group.id == id)),
        Err(cause) if cause.is_not_found() => Ok(false),
        Err(cause) => Err(error::unable(&format!("read DTS consumer group {id}"), &cause).into()),
    }
}

/// A group that was made anew leaves none behind on the subscription that it was on.
async fn remove_elsewhere(
    apply: &Apply<Client>,
    client: &Client,
    prior: &Object,
    made: &mut Vec<&'static str>,
) -> Option<Diagnostics> {
    let group = prior.str("consumer_group_id").unwrap_or_default();
    let removed = async {
        let busy = Busy::new(
            client,
            &apply.cancel,
            apply.timeout(TIMEOUT),
            "timeouts.update",
            prior,
        )?;
        if is_there(&busy.api, prior, group).await? {
            remove(&busy, prior, group).await?;
            made.push(DELETE);
        }
        Ok::<(), Diagnostics>(())
    };
    removed.await.err()
}

pub(super) async fn delete(delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
    let limit = delete.timeout(TIMEOUT);
    let busy = Busy::new(
        &delete.client,
        &delete.cancel,
        limit,
        "timeouts.delete",
        &delete.state,
    )?;
    let group = delete.state.str("consumer_group_id").unwrap_or_default();
    remove(&busy, &delete.state, group).await
}

async fn remove(busy: &Busy<'_>, state: &Object, group: &str) -> Result<(), Diagnostics> {
    let what = format!("delete DTS consumer group {group}");
    let delete = || async {
        match busy.api.delete_consumer_channel(&busy.subscription, group).await {
            // Gone with its subscription, by its reset, or by a call whose answer was lost. No documented code says so.
            Err(cause)
                if !cause.is_cancelled() && !is_there(&busy.api, state, group).await.unwrap_or(true) =>
            {
                Ok(())
            }
            called => called,
        }
    };
    match busy.call(&what, delete).await? {
        Ok(()) => Ok(()),
        Err(cause) if cause.is_not_found() => Ok(()),
        Err(cause) => Err(error::unable(&what, &cause).into()),
    }
}
