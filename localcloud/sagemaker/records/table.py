"""The families of records, and what botocore's model does not say of them.

Sources: API reference of each Create, Describe, List and Update operation (defaults of lists, versions, what
has to be deleted before); AWS's Service Authorization Reference (ARNs); error messages as recorded in
aws-samples/sagemaker-studio-custom-image-samples#17, aws/amazon-sagemaker-feedback#113 and
aws/sagemaker-python-sdk#2606, and as Terraform's AWS provider tells them apart (internal/service/sagemaker).
"""

import hashlib
from collections.abc import Mapping

from localcloud.sagemaker.records.family import Document, Family


def _experiment(known: Document) -> Document:
    return {"EndpointMetadata": {"EndpointName": known["EndpointName"]}}


def _feature_group(known: Document) -> Document:
    return {"OfflineStoreStatus": {"Status": "Active"}} if known.get("OfflineStoreConfig") else {}


def _job_input(known: Document) -> Document:
    """Find the endpoint that a monitor's job definition is for."""
    for name, value in known.items():
        if name.endswith("JobInput") and isinstance(value, Mapping):
            endpoint = value.get("EndpointInput")
            return {"EndpointName": endpoint["EndpointName"]} if isinstance(endpoint, Mapping) else {}
    return {}


def _monitoring(known: Document) -> Document:
    """Tell what a schedule monitors, from either way to say it."""
    config = known["MonitoringScheduleConfig"]
    assert isinstance(config, Mapping)
    inline = config.get("MonitoringJobDefinition") or {}
    endpoints = [
        item["EndpointInput"] for item in inline.get("MonitoringInputs", ()) if "EndpointInput" in item
    ]
    found = {
        "MonitoringType": config.get("MonitoringType") or ("DataQuality" if inline else None),
        "MonitoringJobDefinitionName": config.get("MonitoringJobDefinitionName"),
        "EndpointName": endpoints[0]["EndpointName"] if endpoints else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _device_fleet(known: Document) -> Document:
    has_alias = known.get("EnableIotRoleAlias")
    return {"IotRoleAlias": f"SageMakerEdge-{known['DeviceFleetName']}"} if has_alias else {}


def _ui(known: Document) -> Document:
    template = known["UiTemplate"]
    assert isinstance(template, Mapping)
    return {"UiTemplate": {"ContentSha256": hashlib.sha256(str(template["Content"]).encode()).hexdigest()}}


def _space(known: Document) -> Document:
    """Sum up a space's settings, as its entry in a list does."""
    settings, sharing, owner = (
        known.get(name) for name in ("SpaceSettings", "SpaceSharingSettings", "OwnershipSettings")
    )
    return {
        "SpaceSettingsSummary": settings,
        "SpaceSharingSettingsSummary": sharing,
        "OwnershipSettingsSummary": owner,
    }


def _definition(noun: str) -> Family:
    kind = noun.removesuffix("JobDefinition")
    arn = {"DataQuality": "data-quality", "ModelQuality": "model-quality", "ModelBias": "model-bias"}
    return Family(
        noun,
        keys=("JobDefinitionName",),
        arn=f"{arn.get(kind, 'model-explainability')}-job-definition/{{JobDefinitionName}}",
        derived=_job_input,
        descending=True,
    )


_ALL = (
    # Studio
    Family(
        "Domain",
        keys=("DomainId",),
        filled={
            "DomainId": "d-{id}",
            "Status": "InService",
            "Url": "https://{DomainId}.studio.{region}.sagemaker.aws",
            "AppNetworkAccessType": "PublicInternetOnly",
        },
        page=10,
    ),
    Family(
        "UserProfile",
        keys=("DomainId", "UserProfileName"),
        arn="user-profile/{DomainId}/{UserProfileName}",
        filled={"Status": "InService"},
        parents=("Domain",),
        page=10,
    ),
    Family(
        "Space",
        keys=("DomainId", "SpaceName"),
        arn="space/{DomainId}/{SpaceName}",
        filled={
            "Status": "InService",
            "Url": "https://{DomainId}.studio.{region}.sagemaker.aws/jupyterlab/default",
        },
        derived=_space,
        parents=("Domain",),
        page=10,
    ),
    Family(
        "App",
        keys=("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName"),
        arn="app/{DomainId}/{UserProfileName}{SpaceName}/{AppType}/{AppName}",
        filled={"Status": "InService"},
        parents=("Domain", "UserProfile", "Space"),
        missing=("ResourceNotFound", "RecordNotFound"),
        page=10,
    ),
    Family(
        "AppImageConfig",
        taken=("ResourceInUse", "The ID or Name specified is already in use."),
        descending=True,
        page=10,
    ),
    Family("StudioLifecycleConfig", descending=True, page=10),
    Family(
        "Image",
        filled={"ImageStatus": "CREATED"},
        missing=(
            "ResourceNotFound",
            "Image with ImageName {name} does not exist. Please provide a valid ImageName.",
        ),
        taken=(
            "ResourceInUse",
            "The Image with ImageName {name} already exists. Please use a different ImageName.",
        ),
        descending=True,
        page=10,
    ),
    Family(
        "ImageVersion",
        keys=("ImageName", "Version"),
        arn="image-version/{ImageName}/{Version}",
        filled={"ImageVersionStatus": "CREATED", "ContainerImage": "{BaseImage}"},
        uses=frozenset({"Aliases"}),
        parents=("Image",),
        cascades=True,
        missing=(
            "ResourceNotFound",
            "ImageVersion {name} does not exist. Please provide a valid ImageName and Version.",
        ),
        descending=True,
        page=10,
    ),
    Family("Hub", filled={"HubStatus": "InService"}),
    # Notebooks
    Family(
        "NotebookInstance",
        filled={
            "NotebookInstanceStatus": "InService",
            "Url": "{NotebookInstanceName}.notebook.{region}.sagemaker.aws",
            "DirectInternetAccess": "Enabled",
            "VolumeSizeInGB": 5,
            "RootAccess": "Enabled",
            "PlatformIdentifier": "notebook-al2023-v1",
            "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"},
        },
        uses=frozenset({"LifecycleConfigName", "SecurityGroupIds"}),
        missing=("ValidationException", "RecordNotFound"),
        states=("InService", "Stopped"),
        at_rest=True,
        sort_by="Name",
    ),
    Family(
        "NotebookInstanceLifecycleConfig",
        missing=("ValidationException", "Unable to describe Notebook Instance Lifecycle Config '{name}'."),
    ),
    Family(
        "CodeRepository",
        missing=("ValidationException", "Cannot find CodeRepository: {name}"),
        plural="CodeRepositories",
        sort_by="Name",
    ),
    Family(
        "Project",
        filled={
            "ProjectId": "p-{id}",
            "ProjectStatus": "CreateCompleted",
            "ServiceCatalogProvisionedProductDetails": {"ProvisionedProductId": "pp-{id}"},
        },
        updated={"ProjectStatus": "UpdateCompleted"},
        missing=("ValidationException", "Project {name} does not exist."),
    ),
    # Governance and monitoring
    Family(
        "ModelCard",
        version="ModelCardVersion",
        versioned_by="Content",
    ),
    *map(
        _definition,
        (
            "DataQualityJobDefinition",
            "ModelBiasJobDefinition",
            "ModelExplainabilityJobDefinition",
            "ModelQualityJobDefinition",
        ),
    ),
    Family(
        "MonitoringSchedule",
        filled={"MonitoringScheduleStatus": "Scheduled"},
        derived=_monitoring,
        states=("Scheduled", "Stopped"),
        replaced=frozenset({"MonitoringScheduleConfig"}),
        descending=True,
        page=10,
    ),
    Family(
        "InferenceExperiment",
        keys=("Name",),
        arn="inference-experiment/{Name}",
        filled={"Status": "Running"},
        derived=_experiment,
        uses=frozenset({"EndpointName"}),
        states=("Running", "Completed"),
    ),
    # Feature store
    Family(
        "FeatureGroup",
        filled={"FeatureGroupStatus": "Created"},
        updated={"LastUpdateStatus": {"Status": "Successful"}},
        derived=_feature_group,
        missing=(
            "ResourceNotFound",
            "Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name [{name}].",
        ),
    ),
    # People
    Family(
        "Workforce",
        filled={"Status": "Active", "SubDomain": "{id}.labeling.{region}.sagemaker.aws"},
        missing=("ValidationException", "No workforce named {name} exists in this account."),
    ),
    Family(
        "Workteam",
        arn="workteam/private-crowd/{WorkteamName}",
        filled={"Success": True, "SubDomain": "{id}.labeling.{region}.sagemaker.aws"},
        uses=frozenset({"WorkforceName"}),
        missing=("ValidationException", "The work team {name} does not exist."),
    ),
    Family("FlowDefinition", filled={"FlowDefinitionStatus": "Active"}, descending=True),
    Family("HumanTaskUi", filled={"HumanTaskUiStatus": "Active"}, derived=_ui, descending=True),
    # Devices
    Family(
        "DeviceFleet",
        derived=_device_fleet,
        uses=frozenset({"EnableIotRoleAlias"}),
        missing=("ValidationException", "No devicefleet with name {name} exists."),
    ),
    Family(
        "EdgeDeploymentPlan",
        arn="edge-deployment/{EdgeDeploymentPlanName}",
        filled={"EdgeDeploymentSuccess": 0, "EdgeDeploymentPending": 0, "EdgeDeploymentFailed": 0},
    ),
    # Clusters and servers
    Family(
        "Cluster",
        arn="cluster/{id}",
        filled={"ClusterStatus": "InService", "NodeRecovery": "None"},
    ),
    Family(
        "ClusterSchedulerConfig",
        keys=("ClusterSchedulerConfigId",),
        filled={"ClusterSchedulerConfigId": "{id}", "Status": "Created"},
        updated={"Status": "Updated"},
        version="ClusterSchedulerConfigVersion",
        descending=True,
    ),
    Family(
        "ComputeQuota",
        keys=("ComputeQuotaId",),
        filled={"ComputeQuotaId": "{id}", "Status": "Created", "ActivationState": "Enabled"},
        updated={"Status": "Updated"},
        version="ComputeQuotaVersion",
        descending=True,
    ),
    Family(
        "MlflowTrackingServer",
        keys=("TrackingServerName",),
        filled={
            "TrackingServerStatus": "Created",
            "IsActive": "Active",
            "TrackingServerSize": "Small",
            "MlflowVersion": "3.0",
            "AutomaticModelRegistration": False,
            "TrackingServerUrl": "https://t-{id}.{region}.experiments.sagemaker.aws",
        },
        updated={"TrackingServerStatus": "Updated"},
        states=("Started", "Stopped"),
        descending=True,
    ),
    Family(
        "MlflowApp",
        keys=("Arn",),
        arn="mlflow-app/app-{ID}",
        filled={"Status": "Created", "MlflowVersion": "3.4"},
        updated={"Status": "Updated"},
        descending=True,
    ),
    Family(
        "PartnerApp",
        keys=("Arn",),
        arn="partner-app/app-{ID}",
        filled={"Status": "Available", "BaseUrl": "https://app-{ID}.{region}.partner-app.sagemaker.aws"},
        page=10,
    ),
    # What SageMaker keeps records of, and no more
    Family("Algorithm", filled={"AlgorithmStatus": "Completed"}),
    Family(
        "Artifact",
        keys=("ArtifactArn",),
        arn="artifact/{hash}",
        descending=True,
        page=10,
        is_told_only=False,
    ),
    Family(
        "Experiment",
        filled={"DisplayName": "{ExperimentName}"},
        descending=True,
        page=10,
        is_told_only=False,
    ),
    Family(
        "Trial",
        arn="experiment-trial/{TrialName}",
        filled={"DisplayName": "{TrialName}"},
        parents=("Experiment",),
        bound_by="Components",
        descending=True,
        page=10,
        is_told_only=False,
    ),
    Family(
        "TrialComponent",
        arn="experiment-trial-component/{TrialComponentName}",
        filled={"DisplayName": "{TrialComponentName}"},
        bound_by="Parents",
        merged=frozenset({"Parameters", "InputArtifacts", "OutputArtifacts"}),
        descending=True,
        page=10,
        is_told_only=False,
    ),
    Family("Action", descending=True, page=10, is_told_only=False),
    Family("Context", descending=True, page=10, is_told_only=False),
)

FAMILIES: Mapping[str, Family] = {family.noun: family for family in _ALL}
"""By the names of their types."""
