"""Where the suite is on each chain, and how it gets there."""

from audiera.client.deployment.canonical import way_of_deployer
from audiera.client.deployment.create2 import DEPLOYER, SALT, address_of, creation_codes, predict
from audiera.client.deployment.deploy import deploy, most_cost, plan
from audiera.client.deployment.deployments import FOLDER, SHIPPED, Deployment
from audiera.client.deployment.finding import codes_at, stated_domain
from audiera.client.deployment.trusted import accept
from audiera.client.deployment.verify import check_code

__all__ = [
    "DEPLOYER",
    "FOLDER",
    "SALT",
    "SHIPPED",
    "Deployment",
    "accept",
    "address_of",
    "check_code",
    "codes_at",
    "creation_codes",
    "deploy",
    "most_cost",
    "plan",
    "predict",
    "stated_domain",
    "way_of_deployer",
]
