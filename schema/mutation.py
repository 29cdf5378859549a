"""The root fields that change something. Each is one transaction, and answers with a union."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

import resolvers.authentication
import resolvers.clusters
import resolvers.cordon
import resolvers.device_requests
import resolvers.directory_groups
import resolvers.dvs
import resolvers.feature_store
import resolvers.groups
import resolvers.licence
import resolvers.pools
import resolvers.sessions
import resolvers.tokens
import resolvers.users
import resolvers.webhooks
from schema.authentication import Authentication, AuthenticationTried
from schema.clusters import RemoteCluster, RemoteClustersRemoved
from schema.cordon import DevicesChanged, NodesChanged
from schema.directory_groups import DirectoryGroupOnBoarded
from schema.dvs import DvsTarget, DvsTargetsDeleted
from schema.feature_store import FeatureStore, FeatureStoreUsed
from schema.groups import Group, GroupsDeleted
from schema.licence import Licence
from schema.pools import (
    Pool,
    PoolsDeleted,
)
from schema.refusals import (
    BackendFailed,
    BackendSecretNeeded,
    BadCluster,
    BadLicence,
    BadLifetime,
    BadName,
    BadReason,
    BadWebhookSecret,
    BadWebhookUrl,
    ClusterSecretsNeeded,
    CodeUnknown,
    ContactFailed,
    DefaultPoolStays,
    DevicesBusy,
    DevicesInOtherPool,
    DvsSecretNeeded,
    DvsTargetFailed,
    FeatureStoreLocked,
    FeatureStoreNotLocked,
    ForeignLicence,
    GroupHasPool,
    GuessedTooOften,
    IsItself,
    ItemsRefused,
    KindStays,
    LastOperator,
    LicenceExpired,
    LicenceNotYetValid,
    LicenceOfOtherCluster,
    MixedDeviceTypes,
    NameTaken,
    NobodyChosen,
    NoDevices,
    NoLocalOperator,
    NoOtherWayIn,
    NoSecretKey,
    NotConfirmed,
    NothingChosen,
    OwnRoles,
    PasswordElsewhere,
    PoolInUse,
    SecretNeeded,
    SecretsNotKept,
    StaleEdit,
    TestedTooSoon,
    TooManyAtOnce,
    TooManyClusters,
    TooManyTargets,
    TooManyTokens,
    TooManyWebhooks,
    TriedTooSoon,
    UsersInOtherGroup,
    result,
)
from schema.tokens import (
    DeviceAnswered,
    SessionsEnded,
    TokenCreated,
    TokensRevoked,
    WaitingDevice,
)
from schema.users import (
    PasswordReset,
    User,
    UsersDeleted,
    UsersOnBoarded,
)
from schema.webhooks import Webhook, WebhooksDeleted, WebhookTested

CreatePoolResult = result(
    "CreatePoolResult",
    Pool,
    BadName,
    NameTaken,
    NoDevices,
    MixedDeviceTypes,
    DevicesInOtherPool,
    DevicesBusy,
    GroupHasPool,
)
EditPoolResult = result(
    "EditPoolResult",
    Pool,
    StaleEdit,
    DefaultPoolStays,
    BadName,
    NameTaken,
    MixedDeviceTypes,
    DevicesInOtherPool,
    DevicesBusy,
)
MoveDevicesResult = result(
    "MoveDevicesResult", Pool, NoDevices, MixedDeviceTypes, DevicesInOtherPool, DevicesBusy
)
DeletePoolsResult = result("DeletePoolsResult", PoolsDeleted, ItemsRefused)
CordonDevicesResult = result(
    "CordonDevicesResult", DevicesChanged, NothingChosen, BadReason, ItemsRefused
)
UncordonDevicesResult = result("UncordonDevicesResult", DevicesChanged, NothingChosen, ItemsRefused)
CordonNodesResult = result(
    "CordonNodesResult", NodesChanged, NothingChosen, BadReason, ItemsRefused
)
UncordonNodesResult = result("UncordonNodesResult", NodesChanged, NothingChosen, ItemsRefused)
CreateGroupResult = result(
    "CreateGroupResult", Group, BadName, NameTaken, PoolInUse, UsersInOtherGroup
)
EditGroupResult = result(
    "EditGroupResult", Group, StaleEdit, BadName, NameTaken, PoolInUse, UsersInOtherGroup
)
DeleteGroupsResult = result("DeleteGroupsResult", GroupsDeleted, ItemsRefused)
OnBoardUsersResult = result(
    "OnBoardUsersResult", UsersOnBoarded, NobodyChosen, TooManyAtOnce, ItemsRefused, BackendFailed
)
OnBoardDirectoryGroupResult = result(
    "OnBoardDirectoryGroupResult",
    DirectoryGroupOnBoarded,
    NobodyChosen,
    TooManyAtOnce,
    ItemsRefused,
    BadName,
    UsersInOtherGroup,
    BackendFailed,
)
TryAuthenticationResult = result(
    "TryAuthenticationResult",
    AuthenticationTried,
    BackendFailed,
    BackendSecretNeeded,
    SecretsNotKept,
    TriedTooSoon,
)
ActivateAuthenticationResult = result(
    "ActivateAuthenticationResult",
    Authentication,
    StaleEdit,
    BackendFailed,
    BackendSecretNeeded,
    SecretsNotKept,
    TriedTooSoon,
)
DeactivateAuthenticationResult = result(
    "DeactivateAuthenticationResult", Authentication, StaleEdit, NoLocalOperator
)
SetLocalSignInResult = result("SetLocalSignInResult", Authentication, StaleEdit, NoOtherWayIn)
EditUserResult = result("EditUserResult", User, StaleEdit, BadName, OwnRoles, LastOperator)
ResetPasswordResult = result("ResetPasswordResult", PasswordReset, PasswordElsewhere)
DeleteUsersResult = result("DeleteUsersResult", UsersDeleted, ItemsRefused, LastOperator)
CreateWebhookResult = result(
    "CreateWebhookResult",
    Webhook,
    BadName,
    NameTaken,
    BadWebhookUrl,
    BadWebhookSecret,
    NoSecretKey,
    TooManyWebhooks,
)
EditWebhookResult = result(
    "EditWebhookResult",
    Webhook,
    StaleEdit,
    BadName,
    NameTaken,
    BadWebhookUrl,
    BadWebhookSecret,
    SecretNeeded,
    NoSecretKey,
)
DeleteWebhooksResult = result("DeleteWebhooksResult", WebhooksDeleted)
CreateDvsTargetResult = result(
    "CreateDvsTargetResult",
    DvsTarget,
    BadName,
    NameTaken,
    TooManyTargets,
    TriedTooSoon,
    DvsSecretNeeded,
    DvsTargetFailed,
    NoSecretKey,
)
EditDvsTargetResult = result(
    "EditDvsTargetResult",
    DvsTarget,
    StaleEdit,
    BadName,
    NameTaken,
    TriedTooSoon,
    DvsSecretNeeded,
    DvsTargetFailed,
    NoSecretKey,
)
CheckDvsTargetResult = result("CheckDvsTargetResult", DvsTarget, TriedTooSoon)
MakeDefaultDvsTargetResult = result("MakeDefaultDvsTargetResult", DvsTarget)
DeleteDvsTargetsResult = result("DeleteDvsTargetsResult", DvsTargetsDeleted, ItemsRefused)
SetFeatureStoreTargetResult = result(
    "SetFeatureStoreTargetResult", FeatureStore, StaleEdit, FeatureStoreLocked
)
UnlockFeatureStoreResult = result(
    "UnlockFeatureStoreResult", FeatureStore, StaleEdit, FeatureStoreNotLocked, NotConfirmed
)
MarkFeatureStoreUsedResult = result("MarkFeatureStoreUsedResult", FeatureStoreUsed)
CreateTokenResult = result(
    "CreateTokenResult", TokenCreated, BadName, NameTaken, BadLifetime, TooManyTokens
)
RevokeTokensResult = result("RevokeTokensResult", TokensRevoked)
EndSessionsResult = result("EndSessionsResult", SessionsEnded)
SignOutEverywhereResult = result("SignOutEverywhereResult", SessionsEnded)
AnswerDeviceResult = result("AnswerDeviceResult", DeviceAnswered, CodeUnknown, GuessedTooOften)
WaitingDeviceResult = result("WaitingDeviceResult", WaitingDevice, CodeUnknown, GuessedTooOften)
ReplaceLicenceResult = result(
    "ReplaceLicenceResult",
    Licence,
    BadLicence,
    ForeignLicence,
    LicenceOfOtherCluster,
    LicenceExpired,
    LicenceNotYetValid,
)
CONTACTED = (BadName, NameTaken, BadCluster, ContactFailed, IsItself, TriedTooSoon, NoSecretKey)
AddRemoteClusterResult = result(
    "AddRemoteClusterResult", RemoteCluster, *CONTACTED, TooManyClusters
)
EditRemoteClusterResult = result(
    "EditRemoteClusterResult",
    RemoteCluster,
    *CONTACTED,
    StaleEdit,
    ClusterSecretsNeeded,
    KindStays,
)
RemoveRemoteClustersResult = result(
    "RemoveRemoteClustersResult", RemoteClustersRemoved, ItemsRefused
)
CheckRemoteClusterResult = result(
    "CheckRemoteClusterResult", RemoteCluster, TriedTooSoon, NoSecretKey
)
TestWebhookResult = result("TestWebhookResult", WebhookTested, TestedTooSoon, NoSecretKey)


def mutation(answer: Any, resolver: Callable[..., Any], description: str) -> Any:
    """Null where it failed by accident: what else the document changed is answered all the same."""
    return strawberry.mutation(
        resolver=resolver, graphql_type=answer | None, description=description
    )


@strawberry.type(
    description=(
        "For operators, but for what is one's own: tokens and sessions. With a `commandId` (a UUID "
        "that the caller makes), a command that is sent "
        "again is not carried out again: the answer is the former one."
    )
)
class Mutation:
    create_pool = mutation(
        CreatePoolResult,
        resolvers.pools.create_pool,
        "Make a pool of devices of one type, which leave the Default pool.",
    )
    edit_pool = mutation(
        EditPoolResult,
        resolvers.pools.edit_pool,
        "Rename a pool, add devices of the Default pool, give others back to it.",
    )
    move_devices = mutation(
        MoveDevicesResult,
        resolvers.pools.move_devices,
        "Take devices out of their pools into another, at once.",
    )
    delete_pools = mutation(
        DeletePoolsResult,
        resolvers.pools.delete_pools,
        "Delete pools; their devices return to the Default pool.",
    )
    cordon_devices = mutation(
        CordonDevicesResult,
        resolvers.cordon.cordon_devices,
        "Take devices out of service; they stay in their pools, and running jobs go on.",
    )
    uncordon_devices = mutation(
        UncordonDevicesResult,
        resolvers.cordon.uncordon_devices,
        "Put devices back into service.",
    )
    cordon_nodes = mutation(
        CordonNodesResult,
        resolvers.cordon.cordon_nodes,
        "Take nodes out of service, with all of their devices.",
    )
    uncordon_nodes = mutation(
        UncordonNodesResult,
        resolvers.cordon.uncordon_nodes,
        "Put nodes back into service; a device that was taken out by itself stays out.",
    )
    create_group = mutation(
        CreateGroupResult,
        resolvers.groups.create_group,
        "Make a group of free users and a free pool.",
    )
    edit_group = mutation(
        EditGroupResult,
        resolvers.groups.edit_group,
        "Rename a group; add and remove users; change its pool.",
    )
    delete_groups = mutation(
        DeleteGroupsResult,
        resolvers.groups.delete_groups,
        "Delete groups that have nobody and nothing left.",
    )
    on_board_users = mutation(
        OnBoardUsersResult,
        resolvers.users.on_board_users,
        "Take people on board, each with roles and a group.",
    )
    on_board_directory_group = mutation(
        OnBoardDirectoryGroupResult,
        resolvers.directory_groups.on_board_directory_group,
        "Take people of a directory's group on board into the group of that name, made or reused.",
    )
    try_authentication = mutation(
        TryAuthenticationResult,
        resolvers.authentication.try_authentication,
        "Try a backend for real, once in 5 s at most; nothing is changed.",
    )
    activate_authentication = mutation(
        ActivateAuthenticationResult,
        resolvers.authentication.activate_authentication,
        "Try a backend for real, and have it decide who may sign in only if all of it works.",
    )
    deactivate_authentication = mutation(
        DeactivateAuthenticationResult,
        resolvers.authentication.deactivate_authentication,
        "Back to local sign-in; the sessions of the backend's people end.",
    )
    set_local_sign_in = mutation(
        SetLocalSignInResult,
        resolvers.authentication.set_local_sign_in,
        "Let local users sign in beside the backend's people, or not.",
    )
    edit_user = mutation(
        EditUserResult,
        resolvers.users.edit_user,
        "Change a user's display name or roles.",
    )
    reset_password = mutation(
        ResetPasswordResult,
        resolvers.users.reset_password,
        "Give a user a new password, shown once; the user is signed out everywhere.",
    )
    delete_users = mutation(
        DeleteUsersResult,
        resolvers.users.delete_users,
        "Delete users; they leave their groups, their sessions end.",
    )
    add_remote_cluster = mutation(
        AddRemoteClusterResult,
        resolvers.clusters.add_remote_cluster,
        "Add a cluster that jobs can be sent to; it is contacted for real before it is saved.",
    )
    edit_remote_cluster = mutation(
        EditRemoteClusterResult,
        resolvers.clusters.edit_remote_cluster,
        "Change a remote cluster; as it is to be it is contacted for real before it is saved.",
    )
    remove_remote_clusters = mutation(
        RemoveRemoteClustersResult,
        resolvers.clusters.remove_remote_clusters,
        "Remove remote clusters, all or none; none to which active jobs were sent.",
    )
    check_remote_cluster = mutation(
        CheckRemoteClusterResult,
        resolvers.clusters.check_remote_cluster,
        "Contact a remote cluster now.",
    )
    create_webhook = mutation(
        CreateWebhookResult,
        resolvers.webhooks.create_webhook,
        "Have changes of health posted to a URL, from now on.",
    )
    edit_webhook = mutation(
        EditWebhookResult,
        resolvers.webhooks.edit_webhook,
        "Change a webhook; with a URL of another host its secret has to be given too.",
    )
    delete_webhooks = mutation(
        DeleteWebhooksResult,
        resolvers.webhooks.delete_webhooks,
        "Delete webhooks; what was not delivered yet never is.",
    )
    test_webhook = mutation(
        TestWebhookResult,
        resolvers.webhooks.test_webhook,
        "Post a message of the type `webhook.test`, once in 10 s at most.",
    )
    replace_licence = mutation(
        ReplaceLicenceResult,
        resolvers.licence.replace_licence,
        "Enter a licence; one that is refused leaves the old one.",
    )
    create_dvs_target = mutation(
        CreateDvsTargetResult,
        resolvers.dvs.create_dvs_target,
        "Try a repository or folder and a store for real, and make a target of them if they work.",
    )
    edit_dvs_target = mutation(
        EditDvsTargetResult,
        resolvers.dvs.edit_dvs_target,
        "Change a target, tried for real before; at another place its secret has to be given too.",
    )
    check_dvs_target = mutation(
        CheckDvsTargetResult,
        resolvers.dvs.check_dvs_target,
        "Try a target as it is kept, now; its state tells what came of it.",
    )
    make_default_dvs_target = mutation(
        MakeDefaultDvsTargetResult,
        resolvers.dvs.make_default_dvs_target,
        "Make a target the default one.",
    )
    delete_dvs_targets = mutation(
        DeleteDvsTargetsResult,
        resolvers.dvs.delete_dvs_targets,
        "Forget targets that nothing uses; what is kept in them stays there.",
    )
    set_feature_store_target = mutation(
        SetFeatureStoreTargetResult,
        resolvers.feature_store.set_feature_store_target,
        "Have the Feature Store use another target, while it is not locked.",
    )
    unlock_feature_store = mutation(
        UnlockFeatureStoreResult,
        resolvers.feature_store.unlock_feature_store,
        "Let another target be chosen although the Feature Store has been used.",
    )
    mark_feature_store_used = mutation(
        MarkFeatureStoreUsedResult,
        resolvers.feature_store.mark_feature_store_used,
        "Say that the Feature Store is used, which locks its target; for whoever has a role.",
    )
    create_token = mutation(
        CreateTokenResult,
        resolvers.tokens.create_token,
        "Make an API token of one's own; its secret is shown once.",
    )
    revoke_tokens = mutation(
        RevokeTokensResult,
        resolvers.tokens.revoke_tokens,
        "End tokens of one's own, or as an operator anybody's; what they hold open ends too.",
    )
    end_sessions = mutation(
        EndSessionsResult, resolvers.sessions.end_sessions, "End sessions of one's own."
    )
    sign_out_everywhere = mutation(
        SignOutEverywhereResult,
        resolvers.sessions.sign_out_everywhere,
        "End all sessions of one's own, this one too. Tokens stay.",
    )
    answer_device = mutation(
        AnswerDeviceResult,
        resolvers.device_requests.answer_device,
        "Give a terminal that shows this code a token of one's own, or refuse it.",
    )
