"""Where the suite is on each chain, and how it gets there."""

from audiera.client.deployment.create2 import DEPLOYER, SALT, address_of
from audiera.client.deployment.deploy import deploy, plan
from audiera.client.deployment.deployments import FOLDER, Deployment
from audiera.client.deployment.finding import stated_domain

__all__ = ["DEPLOYER", "FOLDER", "SALT", "Deployment", "address_of", "deploy", "plan", "stated_domain"]
