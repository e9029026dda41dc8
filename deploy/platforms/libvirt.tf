terraform {
  required_providers {
    libvirt = {
      source  = "dmacvicar/libvirt"
      version = "~> 0.8.0"
    }
  }
}

provider "libvirt" {
  uri = "qemu:///system"
}

resource "libvirt_volume" "corekms" {
  name   = "corekms.qcow2"
  source = "${path.module}/corekms.qcow2"
  format = "qcow2"
}

resource "libvirt_cloudinit_disk" "corekms" {
  name      = "corekms-document.iso"
  user_data = <<-TOML
    #corekms
    [gateway]
    upstreams = ["kms1.example.org"]
  TOML
}

resource "libvirt_domain" "corekms" {
  name      = "corekms"
  memory    = 64
  vcpu      = 1
  autostart = true
  cloudinit = libvirt_cloudinit_disk.corekms.id

  disk {
    volume_id = libvirt_volume.corekms.id
  }

  network_interface {
    bridge = "br0"
  }

  console {
    type        = "pty"
    target_port = "0"
    target_type = "serial"
  }
}
